"""What the directory's pages read: official names to propose, and the list as a spreadsheet."""

from __future__ import annotations

from dataclasses import dataclass

from core.sheets import SheetColumn
from parties.actors import Actor
from parties.enums import LegalForm, OrganisationKind
from parties.models import Organisation, RefCommune, RefEpci

#: Suggestions shown at once: more would not be read.
MOST_SUGGESTIONS = 10


@dataclass(frozen=True)
class Suggestion:
    """An official body of the reference data; ``known`` is its row in the territory's directory, if any."""

    kind: str
    legal_form: str
    name: str
    siren: str
    departement: str
    known: Organisation | None = None

    @property
    def description(self) -> str:
        if self.kind == OrganisationKind.EPCI:
            return str(LegalForm(self.legal_form).label)
        return str(OrganisationKind(self.kind).label)


def suggestions(text: str, *, by: Actor) -> list[Suggestion]:
    """EPCI then communes whose name or SIREN fits, those of the territory first. Bounded number of queries."""
    if len(text.strip()) < 2:
        return []
    here = by.territory.code
    epcis = list(RefEpci.objects.named_like(text).select_related("departement")[:200])
    communes = list(RefCommune.objects.named_like(text).exclude(siren="").select_related("departement")[:200])
    epcis.sort(key=lambda e: (e.departement_id != here, e.name))
    communes.sort(key=lambda c: (c.departement_id != here, c.name))
    found = [(OrganisationKind.EPCI, e.legal_form, e) for e in epcis]
    found += [(OrganisationKind.COMMUNE, "", c) for c in communes]  # type: ignore[misc]
    found = found[:MOST_SUGGESTIONS]
    sirens = [row.siren for _kind, _form, row in found]
    known = {o.siren: o for o in Organisation.objects.visible_to(by).filter(siren__in=sirens)}
    return [
        Suggestion(kind, form, row.name, row.siren, str(row.departement), known.get(row.siren))
        for kind, form, row in found
    ]


def official(siren: str) -> Suggestion | None:
    """The body of the reference data under this SIREN, if it is there."""
    siren = "".join(siren.split())
    if len(siren) != 9:
        return None
    epci = RefEpci.objects.filter(siren=siren).select_related("departement").first()
    if epci is not None:
        return Suggestion(OrganisationKind.EPCI, epci.legal_form, epci.name, siren, str(epci.departement))
    commune = RefCommune.objects.filter(siren=siren).select_related("departement").first()
    if commune is not None:
        return Suggestion(OrganisationKind.COMMUNE, "", commune.name, siren, str(commune.departement))
    return None


def difference_with_official(organisation: Organisation) -> str:
    """A sentence when the name or legal form is not the official one for this SIREN; empty otherwise."""
    found = official(organisation.siren)
    if found is None or (found.name == organisation.name and found.legal_form == organisation.legal_form):
        return ""
    return (
        f"Le référentiel national nomme le SIREN {siren_fr(found.siren)} « {found.name} » ({found.description}). "
        "Vérifiez que le nom enregistré est bien celui qui doit figurer dans les actes."
    )


def siren_fr(siren: str) -> str:
    """ "200035442" as people read it: groups of three, no-break spaces. A SIRET keeps its five last digits together."""
    groups = [siren[i : i + 3] for i in range(0, min(len(siren), 9), 3)]
    if len(siren) > 9:
        groups.append(siren[9:])
    return "\u00a0".join(groups)


COLUMNS: tuple[SheetColumn, ...] = (
    SheetColumn("Nom officiel", lambda o: o.name, width=44),
    SheetColumn("Nom court", lambda o: o.short_name, width=24),
    SheetColumn("Nature", lambda o: o.get_kind_display(), width=24),
    SheetColumn("Forme juridique", lambda o: o.get_legal_form_display(), width=28),
    SheetColumn("SIREN", lambda o: o.siren),
    SheetColumn("SIRET", lambda o: o.siret, width=18),
    SheetColumn("Rattachement", lambda o: o.parent.name if o.parent else "", width=36),
    SheetColumn("Siège", lambda o: o.seat, width=44),
    SheetColumn("Code postal", lambda o: o.postal_code),
    SheetColumn("Ville", lambda o: o.city, width=24),
)
