"""The one error of backups."""

from __future__ import annotations

import errno

FAILED = 1  # refused, or stopped on the way: nothing was left half done
BAD_ARGUMENT = 2  # the file named on the command line cannot be used


REASONS = {
    errno.ENOENT: "dossier introuvable",
    errno.EACCES: "droits insuffisants",
    errno.EPERM: "droits insuffisants",
    errno.EROFS: "disque en lecture seule",
    errno.ENOSPC: "disque plein",
    errno.EISDIR: "c'est un dossier",
    errno.ENOTDIR: "ce n'est pas un dossier",
}


def reason(error: OSError) -> str:
    """Why the system refused, in French for the usual cases."""
    return REASONS.get(error.errno or 0) or error.strerror or str(error)


class BackupError(RuntimeError):
    """The backup or the restoration did not happen. The message is French; ``status`` is the command's exit status."""

    def __init__(self, message: str, *, status: int = FAILED) -> None:
        super().__init__(message)
        self.status = status
