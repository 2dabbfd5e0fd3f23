"""What an export format is: the one interface behind CSV, XLSX, PES V2 and each finance product's own layout.

A format never queries the database and keeps no row: the service hands it an iterator and a stream, and what it writes
goes to storage as it comes. To add one: a subclass in its own module, and a line in :mod:`funding.exports.registry`.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any, ClassVar

from core.findings import Finding
from funding.enums import TitreKind
from funding.exports.columns import Entry
from funding.models import Titre
from parties.models import Organisation


@dataclass(frozen=True)
class Part:
    """The lines of one kind in a batch (``TitreKind``), known before the first is written; ``total`` in euros, ≥ 0."""

    kind: str
    count: int
    total: Decimal


@dataclass(frozen=True)
class BatchHead:
    """A batch before its lines: who exports what, when. Rows come part by part, in the order of ``parts``."""

    issuer: Organisation
    year: int
    number: int
    moment: dt.datetime
    parts: tuple[Part, ...]

    @property
    def count(self) -> int:
        return sum(part.count for part in self.parts)

    @property
    def stem(self) -> str:
        """The file's name without its extension: "titres-226200012-2023-lot1"."""
        return f"titres-{self.issuer.siren or self.issuer.key}-{self.year}-lot{self.number}"


class ExportFormat(ABC):
    """A layout of the titres file."""

    #: What the command line, the API and the batch's row call it (8 characters at most).
    name: ClassVar[str]
    #: What a person reads on a button (French).
    label: ClassVar[str]
    extension: ClassVar[str]
    media_type: ClassVar[str]
    #: The kinds of rows (``TitreKind``) it carries; the others wait for another format.
    kinds: ClassVar[frozenset[str]] = frozenset(TitreKind.values)
    #: Titres per bordereau, for a format that numbers them itself (:mod:`funding.services.titre_numbers`); None: the
    #: finance software does.
    slip_size: ClassVar[int | None] = None

    def slip_kind(self, titre: Titre) -> str:
        """What two titres must share to be on one bordereau."""
        return titre.kind

    def check(self, titres: Iterable[Titre], settings: Mapping[str, Any]) -> Iterable[Finding]:
        """What this format finds wrong, lazily; a blocking finding refuses the export with its message.

        ``settings`` is the issuer's ``Organisation.finance``. May be called several times, each with a part of the
        titres: what concerns the issuer alone is repeated, the caller keeps one of each.
        """
        return ()

    @abstractmethod
    def write(self, stream: IO[bytes], rows: Iterable[Entry], batch: BatchHead) -> None:
        """Write the file, one row at a time. ``rows`` can be read once, and only here."""

    def filename(self, batch: BatchHead) -> str:
        return f"{batch.stem}.{self.extension}"
