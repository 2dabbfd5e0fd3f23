"""Whether an issuer may export in each format, and what it lacks, with the page to mend it. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from core.findings import Finding, Severity
from core.french import plural
from funding.exports.base import ExportFormat
from funding.exports.pes import checks
from funding.exports.pes.checks import Where
from funding.exports.pes.entries import sender_of
from funding.exports.pes.format import PesFormat, finding_of, step_url
from funding.exports.registry import FORMATS
from funding.finance_settings import FinanceSettings
from funding.models import Titre
from parties.models import Organisation

#: Titres looked at for a page; the export itself looks at them all.
LOOKED_AT = 200


@dataclass(frozen=True)
class FormatState:
    """One format for one issuer: what stops it, what to look at. The first ``LOOKED_AT`` ready titres are checked."""

    name: str
    label: str
    missing: tuple[Finding, ...]
    watch: tuple[Finding, ...]

    @property
    def is_ready(self) -> bool:
        return not self.missing

    @property
    def missing_label(self) -> str:
        """« PES V2 (comptable public) : 3 points à compléter »."""
        count = len(self.missing)
        return f"{self.label} : {count} {plural(count, 'point', 'points')} à compléter"


def states_of(issuer: Organisation, *, year: int | None = None) -> list[FormatState]:
    """Every format, in the registry's order, for the titres ready now (of ``year`` when given)."""
    ready = Titre.objects.issued_by(issuer).exportable()
    if year is not None:
        ready = ready.filter(year=year)
    titres = list(ready.for_list()[:LOOKED_AT])
    return [state_of(layout, issuer, titres) for layout in FORMATS.values()]


def state_of(layout: ExportFormat, issuer: Organisation, titres: list[Titre]) -> FormatState:
    findings = list(layout.check([titre for titre in titres if titre.kind in layout.kinds], issuer.finance))
    if isinstance(layout, PesFormat):
        findings += _issuer_findings(issuer)
    found = _one_of_each(findings)
    return FormatState(
        layout.name,
        layout.label,
        tuple(each for each in found if each.severity is Severity.BLOCKING),
        tuple(each for each in found if each.severity is not Severity.BLOCKING),
    )


def _issuer_findings(issuer: Organisation) -> list[Finding]:
    """What PES needs of the issuer, even before any titre is ready."""
    settings = FinanceSettings(issuer.finance)
    found = [finding_of(each, step_url(issuer, each.where)) for each in checks.check_sender(sender_of(issuer))]
    if not settings.get("code_produit"):
        found.append(_missing(issuer, "CodProdLoc", "Le code produit local n'est pas saisi.", Where.BOOKING))
    if not settings.table("bordereaux") or not settings.table("titres"):
        year = timezone.localdate().year
        message = f"Aucun numéro de bordereau et de titre n'est saisi, pour {year} ni pour un autre exercice."
        found.append(_missing(issuer, "IdBord", message, Where.NUMBERS))
    return found


def _missing(issuer: Organisation, field: str, message: str, where: Where) -> Finding:
    url = reverse("organisation-finance-step", args=[issuer.uuid, where.value])
    return Finding(code=f"PES-{field}", severity=Severity.BLOCKING, place=field, message=message, url=url)


def _one_of_each(findings: Iterable[Finding]) -> list[Finding]:
    """The same lack seen on ten titres is told once; so is a code missing both for the issuer and for each titre."""
    kept: dict[str, Finding] = {}
    for each in findings:
        about_all = each.code in ("PES-CodProdLoc", "PES-IdBord")
        kept.setdefault(each.code if about_all else f"{each.code}|{each.message}", each)
    return list(kept.values())
