"""PES V2 behind the interface every export format has."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, ClassVar

from django.urls import reverse
from django.utils import timezone

from core.errors import BusinessError
from core.findings import Finding
from funding.enums import TitreKind
from funding.exports.base import BatchHead, ExportFormat
from funding.exports.columns import Entry
from funding.exports.pes import checks, reading, schema
from funding.exports.pes.checks import Problem, Where
from funding.exports.pes.entries import piece_of, sender_of, sequence_of, triplet_of
from funding.exports.pes.model import Envelope, Piece
from funding.exports.pes.numbering import SLIP_SIZE
from funding.exports.pes.writer import file_stem, slips_of, write_flow
from funding.exports.thresholds import threshold_on
from funding.finance_settings import FinanceSettings
from funding.models import Titre
from parties.models import Organisation

#: Kept in memory while it is written, then on disk.
SPOOL = 8 * 1024 * 1024


class PesFormat(ExportFormat):
    """PES_RecetteAller. Rows come numbered: :mod:`funding.services.titre_numbers` wrote their numbers on the titres."""

    name = "pes"
    label = "PES V2 (comptable public)"
    extension = "xml"
    media_type = "application/xml"
    kinds: ClassVar[frozenset[str]] = frozenset({TitreKind.TITRE, TitreKind.REDUCTION, TitreKind.ANNULATION})
    slip_size: ClassVar[int | None] = SLIP_SIZE

    def slip_kind(self, titre: Titre) -> str:
        return triplet_of(titre, FinanceSettings(titre.issuer.finance)).slip

    def check(self, titres: Iterable[Titre], settings: Mapping[str, Any]) -> Iterator[Finding]:
        parameters = FinanceSettings(settings)
        chart = parameters.get("nomenclature")
        threshold = threshold_on(timezone.localdate())
        years: dict[int, tuple[Organisation, int]] = {}
        for titre in titres:
            if titre.kind not in self.kinds:
                continue
            if not years:
                yield from self._findings(checks.check_sender(sender_of(titre.issuer)), titre)
            years[titre.year] = (titre.issuer, years.get(titre.year, (titre.issuer, 0))[1] + 1)
            piece = piece_of(titre, parameters, 1)
            found = checks.check_piece(
                piece, sender=sender_of(titre.issuer), exercice=titre.year, chart=chart, threshold=threshold
            )
            yield from self._findings(found, titre)
        for year, (issuer, count) in years.items():
            yield from self._number_findings(parameters, issuer, year, count)

    def write(self, stream: IO[bytes], rows: Iterable[Entry], batch: BatchHead) -> None:
        """Write the flow, read it again, validate it when the server has the schemas; only then copy it to ``stream``.

        Raises :class:`BusinessError` when what was written does not hold: nothing reaches ``stream``.
        """
        day = timezone.localdate(batch.moment)
        settings = FinanceSettings(batch.issuer.finance)
        sender = sender_of(batch.issuer)
        envelope = Envelope(settings.get("typ_fic"), self._stem(batch), day, sender)
        with tempfile.SpooledTemporaryFile(max_size=SPOOL) as draft:
            write_flow(draft, envelope, slips_of(_pieces(rows, settings), exercice=batch.year, issued_on=day))
            draft.seek(0)
            _verify(reading.read(draft), batch)
            if schema.folder() is not None:
                draft.seek(0)
                _refuse_invalid(schema.errors_of(draft))
            draft.seek(0)
            shutil.copyfileobj(draft, stream)

    def filename(self, batch: BatchHead) -> str:
        return f"{self._stem(batch)}.{self.extension}"

    def _stem(self, batch: BatchHead) -> str:
        settings = FinanceSettings(batch.issuer.finance)
        day = timezone.localdate(batch.moment)
        siret = sender_of(batch.issuer).siret
        return file_stem(settings.get("typ_fic"), siret, day, sequence_of(batch.year, batch.number))

    def _number_findings(
        self, parameters: FinanceSettings, issuer: Organisation, year: int, count: int
    ) -> Iterator[Finding]:
        found = checks.check_numbers(
            exercice=year,
            first_slip=parameters.number("bordereaux", year),
            first_titre=parameters.number("titres", year),
            slips=-(-count // SLIP_SIZE),
            titres=count,
        )
        for problem in found:
            yield finding_of(problem, step_url(issuer, problem.where))

    def _findings(self, problems: Iterable[Problem], titre: Titre) -> Iterator[Finding]:
        for problem in problems:
            yield finding_of(problem, url_of(problem, titre))


def finding_of(problem: Problem, url: str) -> Finding:
    return Finding(
        code=problem.code,
        severity=problem.severity,
        place=f"{problem.key}.{problem.field}" if problem.key else problem.field,
        message=problem.message,
        source=problem.source,
        mark=problem.mark,
        url=url,
    )


def url_of(problem: Problem, titre: Titre) -> str:
    """Where it is mended."""
    if problem.where is Where.RECORD:
        return titre.debtor.get_absolute_url()
    if problem.where is Where.TITRE:
        return titre.get_absolute_url()
    return step_url(titre.issuer, problem.where)


def step_url(issuer: Organisation, where: Where) -> str:
    return str(reverse("organisation-finance-step", args=[issuer.uuid, where.value]))


def _pieces(rows: Iterable[Entry], settings: FinanceSettings) -> Iterator[tuple[Piece, int]]:
    for entry in rows:
        titre = entry.titre
        if not (titre.sent_number.isdigit() and titre.sent_slip.isdigit()):
            raise BusinessError(f"L'écriture {titre.entry_id} n'a pas reçu de numéro de titre et de bordereau.")
        yield piece_of(titre, settings, int(titre.sent_number)), int(titre.sent_slip)


def _verify(contents: reading.Contents, batch: BatchHead) -> None:
    """What the finished file states and holds, against the batch."""
    total = sum(part.total for part in batch.parts)
    if contents.wrong or len(contents.pieces) != batch.count or contents.total != total:
        raise BusinessError(
            "Le fichier PES relu ne correspond pas au lot : rien n'a été exporté. Signalez-le à l'exploitation "
            f"({contents.wrong[0] if contents.wrong else 'nombre ou total différents'})."
        )


def _refuse_invalid(errors: list[str]) -> None:
    if errors:
        raise BusinessError(
            f"Le fichier n'est pas conforme aux schémas PES : rien n'a été exporté. Première erreur, {errors[0]}"
        )
