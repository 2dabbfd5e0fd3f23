"""Backup and restore: the database and the stored files in one archive, each part with its SHA-256."""

from config.backup.errors import BackupError
from config.backup.restoring import restore
from config.backup.saving import backup

__all__ = ["BackupError", "backup", "restore"]
