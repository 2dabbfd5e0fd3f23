"""A convention drafted from posts and plans, changed, renewed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from conventions.enums import Family, PartyRole
from conventions.models import (
    Convention,
    ConventionPlan,
    ConventionPost,
    Deliberation,
    Party,
    Signatory,
    Template,
)
from conventions.services.locking import lock_for_edit
from conventions.services.models_library import model_for
from core.errors import InvalidInput
from core.french.numbers import enumerate_fr
from core.french.people import de as french_de
from core.french.people import post_title
from funding.models import FundingPlan
from parties.actors import Actor
from parties.enums import OrganisationKind
from parties.models import Mandate, Organisation
from posts.enums import PostKind
from posts.models import Post

FIELDS = (
    "template",
    "title",
    "period_start",
    "period_end",
    "notice_months",
    "notice_form",
    "place",
    "is_renewal",
    "variables",
)

#: The order parties are usually named in: State, police, gendarmerie, parquet, Département, local bodies, employer.
_ORDER = [
    OrganisationKind.PREFECTURE,
    OrganisationKind.GENDARMERIE,
    OrganisationKind.POLICE,
    OrganisationKind.PARQUET,
    OrganisationKind.DEPARTEMENT,
    OrganisationKind.EPCI,
    OrganisationKind.COMMUNE,
    OrganisationKind.CIAS,
    OrganisationKind.CCAS,
]


def family_for(employer: Organisation) -> str:
    """The family of model that fits an employer (domain.md §3)."""
    if employer.kind == OrganisationKind.DEPARTEMENT:
        return Family.F1
    if employer.kind == OrganisationKind.ASSOCIATION:
        return Family.F3
    return Family.F2


def latest_template(family: str, by: Actor) -> Template | None:
    """The published model the territory chose for the family (``models_library.model_for``)."""
    return model_for(family, by)


@transaction.atomic
def create_convention(
    *,
    by: Actor,
    reference: str,
    plans: Sequence[FundingPlan],
    period_start: dt.date,
    period_end: dt.date,
    title: str = "",
    family: str = "",
    place: str = "",
    notice_months: int | None = 3,
    is_renewal: bool = False,
    posts: Sequence[Post] = (),
) -> Convention:
    """A draft whose posts, parties, roles and signatories follow from the plans and the mandates in force.

    Raises InvalidInput when there is no plan or no model for the employer.
    """
    by.require("convention.edit")
    if not plans:
        raise InvalidInput("Choisissez au moins un plan de financement.", place="plans")
    if Convention.objects.filter(territory_id=by.territory_id, reference=reference).exists():
        raise InvalidInput(f"La référence {reference} est déjà prise.", place="reference")
    covered = list(posts) or list(
        Post.objects.filter(plan_posts__plan__in=plans).select_related("employer").distinct().order_by("pk")
    )
    if not covered:
        raise InvalidInput("Ces plans ne financent aucun poste.", place="plans")
    employer = covered[0].employer
    family = family or family_for(employer)
    template = latest_template(family, by)
    # A bipartite attribution may have no text of its own: that of the convention it depends on.
    if template is None and family != Family.F5:
        raise InvalidInput(f"Aucun modèle de la famille {family} n'est chargé.", place="family")
    convention = Convention.objects.create(
        territory_id=by.territory_id,
        reference=reference,
        title=title or family_title(family, employer, period_start, period_end) or default_title(covered),
        family=family,
        template=template,
        period_start=period_start,
        period_end=period_end,
        place=place,
        notice_months=notice_months,
        is_renewal=is_renewal,
    )
    for post in covered:
        ConventionPost.objects.create(convention=convention, post=post)
    for plan in plans:
        ConventionPlan.objects.create(convention=convention, plan=plan)
    _propose_parties(convention, employer, covered, plans)
    return convention


def family_title(family: str, employer: Organisation, start: dt.date, end: dt.date) -> str:
    """The title of the families that are not about one post; empty for the others."""
    if family == Family.F6:
        return f"Convention de partenariat avec {employer.french.le()}"
    if family != Family.F4:
        return ""
    years = str(start.year) if start.year == end.year else f"{start.year}-{end.year}"
    return f"Convention relative au dispositif départemental d'intervention sociale en police et gendarmerie, {years}"


def default_title(posts: Sequence[Post]) -> str:
    """ "Convention relative au financement d'un poste d'intervenant social en gendarmerie (Poste ISG Ternois)"."""
    labels = enumerate_fr([post.label for post in posts])
    first = posts[0]
    kind = "psychologue" if first.kind == PostKind.PSYCHOLOGUE else post_title(first.kind)
    what = f"d'un poste {french_de(kind)}" if len(posts) == 1 else "des postes d'intervenants sociaux"
    return f"Convention relative au financement {what} ({labels})"


def _propose_parties(
    convention: Convention, employer: Organisation, posts: Sequence[Post], plans: Sequence[FundingPlan]
) -> None:
    # A departmental scheme (F4) has as many employers as its posts.
    roles: dict[Organisation, set[str]] = {
        organisation: {PartyRole.EMPLOYER} for organisation in [employer, *(post.employer for post in posts)]
    }
    for organisation, held in roles.items():
        if organisation.kind == OrganisationKind.ASSOCIATION:
            held.add(PartyRole.BEARER)
    for plan in plans:
        for share in plan.shares.filter(financer__isnull=False).select_related("financer"):
            if share.financer is not None:
                roles.setdefault(share.financer, set()).add(PartyRole.FINANCER)
    for post in posts:
        for link in post.post_units.select_related("unit__organisation"):
            roles.setdefault(link.unit.organisation, set()).update({PartyRole.HOST, PartyRole.FUNCTIONAL})
    for position, organisation in enumerate(sorted(roles, key=lambda o: _rank(o, employer)), start=1):
        mandate = mandate_on(organisation, convention.period_start)
        party = Party.objects.create(
            convention=convention,
            organisation=organisation,
            position=position,
            roles=sorted(roles[organisation]),
            representative=mandate,
            deliberation=known_vote(organisation, employer, convention),
        )
        Signatory.objects.create(
            convention=convention, territory_id=convention.territory_id, party=party, mandate=mandate, position=position
        )


def known_vote(organisation: Organisation, employer: Organisation, convention: Convention) -> Deliberation | None:
    """The latest vote of this body that gives something to the employer, from the year before to the end of the act."""
    if not organisation.is_local_authority:
        return None
    since = dt.date(convention.period_start.year - 1, 1, 1)
    return (
        Deliberation.objects.filter(
            organisation=organisation,
            decisions__beneficiary=employer,
            date__gte=since,
            date__lte=convention.period_end,
        )
        .order_by("-date", "-pk")
        .first()
    )


def _rank(organisation: Organisation, employer: Organisation) -> tuple[int, int, str]:
    last = organisation == employer and organisation.kind == OrganisationKind.ASSOCIATION
    kinds = {kind: rank for rank, kind in enumerate(_ORDER)}
    return (1 if last else 0, kinds.get(OrganisationKind(organisation.kind), len(_ORDER)), organisation.name)


def mandate_on(organisation: Organisation, day: dt.date) -> Mandate | None:
    """The mandate to propose: in force that day, the most recent first; else one in force today."""
    for date in (day, timezone.localdate()):
        mandate = Mandate.objects.filter(organisation=organisation).in_force_on(date).order_by("-start", "pk").first()
        if mandate is not None:
            return mandate
    return None


@transaction.atomic
def update_convention(*, convention: Convention, data: dict[str, Any], by: Actor, expected: int | None) -> Convention:
    """Change the head of a convention: ``data`` holds some of FIELDS."""
    by.require("convention.edit")
    locked = lock_for_edit(convention, expected=expected)
    unknown = set(data) - set(FIELDS)
    if unknown:
        raise LookupError(f"fields a convention's head does not have: {sorted(unknown)}")
    template = data.get("template", locked.template)
    if template is not None and template.family != locked.family:
        raise InvalidInput(f"Ce modèle n'est pas de la famille {locked.family}.", place="template")
    for name, value in data.items():
        setattr(locked, name, value)
    if locked.period_end < locked.period_start:
        raise InvalidInput("La fin de la convention précède sa prise d'effet.", place="period_end")
    locked.lock_version += 1
    locked.save()
    return locked


def next_reference(by: Actor, year: int) -> str:
    """A free reference to propose: "62-2024-03"."""
    prefix = f"{by.territory.code}-{year}-"
    taken = set(
        Convention.objects.filter(territory_id=by.territory_id, reference__startswith=prefix).values_list(
            "reference", flat=True
        )
    )
    number = len(taken) + 1
    while f"{prefix}{number:02d}" in taken:
        number += 1
    return f"{prefix}{number:02d}"
