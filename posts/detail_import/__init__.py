"""Detailed counts from anybody's spreadsheet: what each column holds, what they change, all or nothing."""
