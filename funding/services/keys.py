"""The allocation keys of a plan's groups: typed percentages, or official populations read from the reference data."""

from __future__ import annotations

from collections.abc import Iterable

from core.errors import InvalidInput
from funding.adapter import KeyData, PlanData, ShareData
from funding.enums import KeyBasis, KeySource, ShareMode
from funding.models import AllocationKey, AllocationKeyLine, FundingPlan, Share
from parties.models import Organisation, RefCommuneYear, RefEpciYear
from posts.enums import Zone
from posts.models import Post, PostUnit


def official_populations(
    *, basis: str, vintage: int, financers: Iterable[Organisation], posts: Iterable[Post]
) -> dict[int, int]:
    """Inhabitants by organisation id for one vintage; an EPCI the vintage does not count is absent.

    ``KeyBasis.GENDARMERIE`` counts, in each EPCI, only the communes of the posts' gendarmerie units.
    """
    by_siren = {org.siren: org.pk for org in financers if org.siren}
    if basis == KeyBasis.WHOLE:
        found = RefEpciYear.objects.populations(vintage=vintage, sirens=by_siren)
        return {by_siren[siren]: population for siren, population in found.items()}
    units = PostUnit.objects.filter(post__in=list(posts), unit__zone=Zone.GENDARMERIE).select_related("unit")
    communes = {code for link in units for code in link.unit.communes}
    rows = RefCommuneYear.objects.of_vintage(vintage).of_communes(communes).filter(epci_id__in=by_siren)
    counted: dict[int, int] = {}
    for siren, population in rows.values_list("epci_id", "population"):
        counted[by_siren[siren]] = counted.get(by_siren[siren], 0) + population
    return counted


def counted_communes(
    *, vintage: int, financers: Iterable[Organisation], posts: Iterable[Post]
) -> dict[int, tuple[str, ...]]:
    """Names of the communes a gendarmerie-zone key counts, by organisation id: those of the posts' units."""
    by_siren = {org.siren: org.pk for org in financers if org.siren}
    units = PostUnit.objects.filter(post__in=list(posts), unit__zone=Zone.GENDARMERIE).select_related("unit")
    codes = {code for link in units for code in link.unit.communes}
    rows = RefCommuneYear.objects.of_vintage(vintage).of_communes(codes).filter(epci_id__in=by_siren)
    found: dict[int, list[str]] = {}
    for siren, name in rows.order_by("commune__name").values_list("epci_id", "commune__name"):
        found.setdefault(by_siren[siren], []).append(name)
    return {pk: tuple(names) for pk, names in found.items()}


def save_keys(*, plan: FundingPlan, data: PlanData) -> None:
    """Write one key per group whose members share by key, and drop those no share uses any more."""
    rows = {share.ref: share for share in Share.objects.filter(plan=plan)}
    for group in data.all_shares():
        members = [child for child in group.children if child.mode == ShareMode.KEY]
        if members:
            key = _write_key(plan, group, members, group.key or KeyData(), data.posts)
            Share.objects.filter(pk__in=[rows[m.ref].pk for m in members]).update(allocation_key=key)
    loose = [share for share in data.shares if share.mode == ShareMode.KEY]
    if loose:
        key = _write_key(plan, None, loose, KeyData(), data.posts)
        Share.objects.filter(pk__in=[rows[m.ref].pk for m in loose]).update(allocation_key=key)
    used = Share.objects.filter(allocation_key__isnull=False).values("allocation_key_id")
    AllocationKey.objects.filter(territory_id=plan.territory_id, key__startswith=_prefix(plan)).exclude(
        pk__in=used
    ).delete()


def _prefix(plan: FundingPlan) -> str:
    return f"cle-{plan.uuid.hex[:12]}-"


def _write_key(
    plan: FundingPlan, group: ShareData | None, members: list[ShareData], key: KeyData, posts: Iterable[Post]
) -> AllocationKey:
    """The plan's own key: a key shared with other plans (an imported one) is never changed under their feet."""
    name = _prefix(plan) + (group.ref if group else "parts")
    row, _ = AllocationKey.objects.update_or_create(
        territory_id=plan.territory_id,
        key=name[:80],
        defaults={
            "label": f"{group.title if group else 'Clé'} – {plan.label}"[:160],
            "basis": key.basis,
            "vintage": key.vintage,
            "source": key.source,
        },
    )
    populations = _populations(key, members, posts)
    row.lines.all().delete()
    for rank, member in enumerate(members):
        assert member.financer is not None
        AllocationKeyLine.objects.create(
            territory_id=plan.territory_id,
            allocation_key=row,
            organisation=member.financer,
            percent=None if key.source == KeySource.OFFICIAL else member.weight,
            population=populations.get(member.financer.pk, member.population),
            position=rank,
        )
    return row


def _populations(key: KeyData, members: list[ShareData], posts: Iterable[Post]) -> dict[int, int]:
    financers = [member.financer for member in members if member.financer]
    if key.source != KeySource.OFFICIAL:
        missing = next((m for m in members if m.weight is None), None)
        if missing is not None:
            raise InvalidInput(
                f"{missing.title} : indiquez son pourcentage dans la clé.", place=f"shares[{missing.ref}].percent"
            )
        return {}
    if key.vintage is None:
        raise InvalidInput("Indiquez le millésime des populations de la clé.", place="key_vintage")
    found = official_populations(basis=key.basis, vintage=key.vintage, financers=financers, posts=posts)
    unknown = next((m for m in members if m.financer and m.financer.pk not in found), None)
    if unknown is not None:
        raise InvalidInput(
            f"{unknown.title} : aucune population officielle de {key.vintage} pour cet organisme. "
            "Choisissez « Pourcentages saisis » et indiquez sa part.",
            place=f"shares[{unknown.ref}].percent",
        )
    return found
