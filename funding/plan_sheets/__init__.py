"""Plans in spreadsheets: one documented layout, written and read back through django-import-export and the services."""
