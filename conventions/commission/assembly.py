"""How the deliberating body of a local authority, its executive and its report are called."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from core.french import Name, agree_function, lower_first
from core.french.numbers import Gender
from parties.enums import OrganisationKind
from parties.models import Mandate, Organisation


@dataclass(frozen=True)
class Forms:
    """The usual forms of one kind of authority. ``visas``: articles its power to decide rests on."""

    body: str
    body_gender: Gender
    executive: str
    visas: tuple[str, ...]


#: CGCT articles giving each council its general power, and those that make its acts enforceable.
_FORMS: dict[str, Forms] = {
    OrganisationKind.DEPARTEMENT: Forms(
        "commission permanente du Conseil départemental",
        "f",
        "Président du Conseil départemental",
        (
            "Vu le Code général des collectivités territoriales, notamment ses articles L.3131-1, L.3131-2, L.3211-1 et"
            " L.3211-2 ;",
        ),
    ),
    OrganisationKind.EPCI: Forms(
        "conseil communautaire",
        "m",
        "Président",
        (
            "Vu le Code général des collectivités territoriales, notamment ses articles L.2131-1, L.5211-1, L.5211-3 et"
            " L.5211-9 ;",
        ),
    ),
    OrganisationKind.COMMUNE: Forms(
        "conseil municipal",
        "m",
        "Maire",
        ("Vu le Code général des collectivités territoriales, notamment ses articles L.2121-29 et L.2131-1 ;",),
    ),
    OrganisationKind.CCAS: Forms(
        "conseil d'administration",
        "m",
        "Président",
        ("Vu le Code de l'action sociale et des familles, notamment ses articles L.123-6 et R.123-20 ;",),
    ),
}
_FORMS[OrganisationKind.CIAS] = _FORMS[OrganisationKind.CCAS]
_OTHER = Forms("assemblée délibérante", "f", "Président", ())

_SHARED_VISAS = (
    "Vu le Code de l'action sociale et des familles, notamment son article L.121-1-1 ;",
    "Vu la circulaire interministérielle INT/K/06/30043/J du 1er août 2006 relative aux intervenants sociaux dans les "
    "commissariats de police et les unités de gendarmerie ;",
)
_GRANT_VISA = (
    "Vu la loi n° 2000-321 du 12 avril 2000 relative aux droits des citoyens dans leurs relations avec les "
    "administrations, notamment son article 10 ;"
)


@dataclass(frozen=True)
class Assembly:
    """The body that votes for ``organisation``, and who will sign for it."""

    organisation: Organisation
    body: Name
    executive: Name
    visas: tuple[str, ...]

    @property
    def report_title(self) -> str:
        """« Rapport du Président du Conseil départemental », « Rapport de la Maire »."""
        return f"Rapport {self.executive.de()}"


def assembly_of(organisation: Organisation, *, day: dt.date, body: str = "", grants: bool = False) -> Assembly:
    """The assembly of ``organisation`` as on ``day``; ``body`` when the vote names its own, ``grants`` for those paid.

    The executive's gender is read from the mandate in force; nobody is named.
    """
    forms = _FORMS.get(organisation.kind, _OTHER)
    text = body or forms.body
    gender: Gender = "f" if text.lower().startswith(("commission", "assemblée")) else "m"
    person: Gender = "f" if _executive_is_a_woman(organisation, day) else "m"
    visas = (*forms.visas, *_SHARED_VISAS, *((_GRANT_VISA,) if grants else ()))
    return Assembly(
        organisation,
        Name.common(lower_first(text), gender),
        Name.common(agree_function(forms.executive, person), person),
        visas,
    )


def _executive_is_a_woman(organisation: Organisation, day: dt.date) -> bool:
    mandates = Mandate.objects.filter(organisation=organisation).in_force_on(day).order_by("-start", "pk")
    heads = [m for m in mandates if m.function.strip().lower().startswith(("président", "maire"))]
    return bool(heads) and heads[0].gender == "f"
