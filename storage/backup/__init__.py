"""Backups: a consistent copy of the database in one portable file, and the way back."""

from storage.backup.errors import BackupError, FileError
from storage.backup.restoring import Restored, restore
from storage.backup.saving import Saved, save

__all__ = ["BackupError", "FileError", "Restored", "Saved", "restore", "save"]
