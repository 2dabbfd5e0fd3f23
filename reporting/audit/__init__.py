"""The audit bundle: one ZIP holding everything that proves what a convention says, who agreed, and what followed.

An app adds its files by registering a function, in a module that :mod:`reporting.audit.pieces` imports::

    @piece("Signatures")
    def signatures(convention: Convention, by: Actor) -> Iterator[Piece]:
        yield Piece("signatures/signatures.csv", data, "Signatures enregistrées")

It runs in the reader's own context: what a reader may not see is not in their bundle. What it yields depends on the
database alone, so that the same state gives the same bytes.
"""

from reporting.audit.bundle import Bundle, build_bundle, check_bundle
from reporting.audit.registry import Piece, piece

__all__ = ["Bundle", "Piece", "build_bundle", "check_bundle", "piece"]
