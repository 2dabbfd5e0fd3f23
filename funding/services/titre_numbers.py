"""Numbers of bordereau and titre, for the formats that must carry them (PES V2).

The officer gives the first of each for the exercice; an export takes what it needs and moves them on, in the same
transaction: what was taken is never given twice. Other titres of the finance software take numbers too, so the next
ones are only proposed: the assistant shows them before each export.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import BigIntegerField, Q, Value
from django.db.models.functions import Cast, NullIf

from core.errors import InvalidInput
from funding.exports.base import ExportFormat
from funding.exports.pes.numbering import SLIP_SIZE, Number, Series, numbered
from funding.finance_settings import FinanceSettings
from funding.models import Titre
from funding.models.titre import TitreQuerySet
from parties.models import Organisation

CHUNK = 1000


def give(rows: TitreQuerySet, *, layout: ExportFormat, issuer: Organisation, year: int) -> None:
    """Write on each of ``rows``, in their order, the numbers the file will carry, and move the issuer's on.

    Needs a transaction and the issuer's lock. Rows are read a thousand at a time. Nothing is done while the officer has
    given no number: the format's checks say so. Raises :class:`InvalidInput` (place: the setting) when a number is
    already taken.
    """
    # Read again: somebody may have typed other numbers since.
    locked = Organisation.objects.select_for_update(of=("self",)).get(pk=issuer.pk)
    settings = FinanceSettings(locked.finance)
    slip, first = settings.number("bordereaux", year), settings.number("titres", year)
    if slip is None or first is None:
        return
    series = Series(slip, first, layout.slip_size or SLIP_SIZE)
    last = Number(slip - 1, first - 1)
    for _, last in _numbers(rows, layout, series):  # noqa: B007  (the last one is what is wanted)
        pass
    _refuse_taken(rows, issuer, year, slips=(slip, last.slip), titres=(first, last.titre))
    chunk: list[Titre] = []
    for titre, number in _numbers(rows, layout, series):
        titre.sent_slip, titre.sent_number = str(number.slip), str(number.titre)
        chunk.append(titre)
        if len(chunk) == CHUNK:
            Titre.objects.bulk_update(chunk, ["sent_slip", "sent_number"])
            chunk = []
    Titre.objects.bulk_update(chunk, ["sent_slip", "sent_number"])
    move_on(locked, year, slip=last.slip + 1, titre=last.titre + 1)


def move_on(issuer: Organisation, year: int, *, slip: int, titre: int) -> None:
    """The next numbers of an exercice, proposed for the next export."""
    finance = dict(issuer.finance)
    finance["bordereaux"] = {**FinanceSettings(finance).table("bordereaux"), str(year): str(slip)}
    finance["titres"] = {**FinanceSettings(finance).table("titres"), str(year): str(titre)}
    issuer.finance = finance
    issuer.save(update_fields=["finance", "updated_at"])


def _numbers(rows: TitreQuerySet, layout: ExportFormat, series: Series) -> Iterator[tuple[Titre, Number]]:
    """The rows in the file's order. Titres of one plan share its issuer and debtor: both are joined."""
    read = rows.select_related("issuer", "debtor").iterator(chunk_size=CHUNK)
    return numbered(((layout.slip_kind(titre), titre) for titre in read), series)


def _refuse_taken(
    rows: TitreQuerySet, issuer: Organisation, year: int, *, slips: tuple[int, int], titres: tuple[int, int]
) -> None:
    """No number from the first to the last may be on another titre that left and was not taken back."""
    others = Titre.objects.issued_by(issuer).filter(year=year, batch__isnull=False)
    others = others.exclude(pk__in=rows.order_by().values("pk"))
    for field, key, word, (first, last) in (
        ("sent_slip", "bordereaux", "bordereau", slips),
        ("sent_number", "titres", "titre", titres),
    ):
        whole = Cast(NullIf(field, Value("")), BigIntegerField())
        taken = others.annotate(whole=whole).filter(Q(whole__gte=first), whole__lte=last)
        number = taken.order_by("whole").values_list("whole", flat=True).first()
        if number is not None:
            raise InvalidInput(
                f"Le {word} n° {number} de {year} a déjà servi : saisissez le prochain que donne votre logiciel.",
                place=key,
            )
