"""What stands in the way of a backup or of its return."""

from bot.errors import RoundtableError


class BackupError(RoundtableError):
    """A backup cannot be made or restored; the text says in plain sentences why and what the operator can do."""


class FileError(BackupError):
    """The file that was named cannot be used: another name, or another folder, might do."""
