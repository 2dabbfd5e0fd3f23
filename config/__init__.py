"""Top floor of Cosigne: settings, URLs, database set-up and the development supervisor."""
