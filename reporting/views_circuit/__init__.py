"""Pages of the signature circuit."""

from . import board, public, scans, signing

__all__ = ["board", "public", "scans", "signing"]
