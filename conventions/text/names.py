"""How organisations and units are named inside a sentence."""

from __future__ import annotations

from collections.abc import Iterable

from core.french import lower_first, upper_first
from core.french.names import Name
from core.french.numbers import enumerate_fr
from parties.enums import LegalForm, OrganisationKind
from parties.models import Organisation
from posts.enums import UnitKind
from posts.models import Post, ServiceUnit

_SHORT: dict[str, Name] = {
    OrganisationKind.DEPARTEMENT: Name.common("Département", "m"),
    OrganisationKind.PREFECTURE: Name("État", "m", "s", "l'"),
    OrganisationKind.ASSOCIATION: Name.common("association", "f"),
    OrganisationKind.COMMUNE: Name.common("commune", "f"),
    OrganisationKind.CIAS: Name.common("CIAS", "m"),
    OrganisationKind.CCAS: Name.common("CCAS", "m"),
    LegalForm.CC: Name.common("Communauté de communes", "f"),
    LegalForm.CA: Name.common("Communauté d'agglomération", "f"),
    LegalForm.CU: Name.common("Communauté urbaine", "f"),
    LegalForm.ME: Name.common("Métropole", "f"),
}
#: What a unit's name may begin with when it already says what it is.
_HEADS = (
    "commissariat",
    "circonscription",
    "compagnie",
    "communauté",
    "brigade",
    "gendarmerie",
    "groupement",
    "unité",
    "hôtel",
    "casernement",
)
_UNIT_HEAD: dict[str, tuple[str, str]] = {
    UnitKind.COMMISSARIAT: ("commissariat de police", "m"),
    UnitKind.CIRCONSCRIPTION: ("circonscription de police nationale", "f"),
    UnitKind.COMPAGNIE: ("compagnie de gendarmerie", "f"),
    UnitKind.COB: ("communauté de brigades", "f"),
    UnitKind.BRIGADE: ("brigade de gendarmerie", "f"),
}


def short_name(organisation: Organisation) -> Name:
    """The name used after the first mention: "le Département", "la Communauté de communes"."""
    return _SHORT.get(organisation.legal_form or organisation.kind) or organisation.french


def party_variables(prefix: str, organisation: Organisation | None) -> dict[str, str]:
    """The six forms of a party's name (conventions.clauses.variables); empty strings when there is none."""
    if organisation is None:
        return {f"{prefix}.{form}": "" for form in ("le", "Le", "de", "a", "name", "short")}
    name = organisation.french
    return {
        f"{prefix}.le": name.le(),
        f"{prefix}.Le": upper_first(name.le()),
        f"{prefix}.de": name.de(),
        f"{prefix}.a": name.a(),
        f"{prefix}.name": name.text,
        f"{prefix}.short": short_name(organisation).le(),
    }


def unit_name(unit: ServiceUnit) -> Name:
    """ "Bapaume" (brigade) → la brigade de gendarmerie de Bapaume; a name that already says what it is stays."""
    text = lower_first(unit.name)
    for head in _HEADS:
        if text.lower().startswith(head):
            feminine = head in ("circonscription", "compagnie", "communauté", "brigade", "gendarmerie", "unité")
            return Name.common(text, "f" if feminine else "m")
    head, gender = _UNIT_HEAD[unit.kind]
    return Name.common(f"{head} {Name.of_place(unit.name).de()}", "f" if gender == "f" else "m")


def units_of(posts: Iterable[Post]) -> list[ServiceUnit]:
    return [link.unit for post in posts for link in post.post_units.all()]


def listed(names: Iterable[Name], form: str = "le") -> str:
    """Names enumerated with their articles: ``form`` is le, de or a."""
    return enumerate_fr([getattr(name, form)() for name in names])
