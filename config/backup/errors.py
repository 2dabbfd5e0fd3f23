"""The one error of backups."""

from __future__ import annotations

FAILED = 1  # refused, or stopped on the way: nothing was left half done
BAD_ARGUMENT = 2  # the file named on the command line cannot be used


class BackupError(RuntimeError):
    """The backup or the restoration did not happen. The message is French; ``status`` is the command's exit status."""

    def __init__(self, message: str, *, status: int = FAILED) -> None:
        super().__init__(message)
        self.status = status
