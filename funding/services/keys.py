"""The allocation keys of a plan's groups: typed percentages, or official populations read from the reference data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils import timezone

from core.errors import InvalidInput
from funding.adapter import KeyData, PlanData, ShareData
from funding.enums import KeyBasis, KeySource, ShareMode
from funding.models import AllocationKey, AllocationKeyLine, FundingPlan, Share
from parties.models import Organisation, RefCommuneYear, RefEpciYear
from posts.enums import Zone
from posts.models import Post, PostUnit, ServiceUnit

#: Rows of one UPDATE: a longer one costs PostgreSQL the square of its rows.
BATCH = 100


def official_populations(
    *, basis: str, vintage: int, financers: Iterable[Organisation], posts: Iterable[Post] | None
) -> dict[int, int]:
    """Inhabitants by organisation id for one vintage; an EPCI the vintage does not count is absent.

    ``KeyBasis.GENDARMERIE`` counts, in each EPCI, only the communes of the posts' gendarmerie units; without posts
    (a key kept for several plans), those of every gendarmerie unit of the territory.
    """
    financers = list(financers)
    if posts is None:
        return _of_territory(basis=basis, vintage=vintage, financers=financers)
    posts = list(posts)
    return Populations(financers, posts).of(basis=basis, vintage=vintage, financers=financers, posts=posts)


def _of_territory(*, basis: str, vintage: int, financers: list[Organisation]) -> dict[int, int]:
    if basis == KeyBasis.WHOLE:
        return Populations(financers, []).of(basis=basis, vintage=vintage, financers=financers, posts=[])
    by_siren = {org.siren: org.pk for org in financers if org.siren}
    communes = gendarmerie_communes(financers, None)
    rows = RefCommuneYear.objects.of_vintage(vintage).of_communes(communes).filter(epci_id__in=by_siren)
    counted: dict[int, int] = {}
    for siren, population in rows.values_list("epci_id", "population"):
        counted[by_siren[siren]] = counted.get(by_siren[siren], 0) + population
    return counted


class Populations:
    """Official populations for many keys: read once per vintage, for the bodies and posts the keys may name."""

    def __init__(self, financers: Iterable[Organisation], posts: Iterable[Post]) -> None:
        self._sirens = {org.siren for org in financers if org.siren}
        self._posts = {post.pk for post in posts}
        self._whole: dict[int, dict[str, int]] = {}
        self._by_commune: dict[int, dict[str, tuple[str, int]]] = {}
        self._units: dict[int, set[str]] | None = None

    def of(
        self, *, basis: str, vintage: int, financers: Iterable[Organisation], posts: Iterable[Post]
    ) -> dict[int, int]:
        """What :func:`official_populations` says, for bodies and posts among those given at first."""
        by_siren = {org.siren: org.pk for org in financers if org.siren}
        if basis == KeyBasis.WHOLE:
            whole = self._of_epcis(vintage)
            return {pk: whole[siren] for siren, pk in by_siren.items() if siren in whole}
        units, communes = self._communes_of_posts(), self._of_communes(vintage)
        counted: dict[int, int] = {}
        for code in set().union(*(units.get(post.pk, set()) for post in posts)):
            siren, population = communes.get(code, ("", 0))
            if siren in by_siren:
                counted[by_siren[siren]] = counted.get(by_siren[siren], 0) + population
        return counted

    def _of_epcis(self, vintage: int) -> dict[str, int]:
        if vintage not in self._whole:
            self._whole[vintage] = RefEpciYear.objects.populations(vintage=vintage, sirens=self._sirens)
        return self._whole[vintage]

    def _communes_of_posts(self) -> dict[int, set[str]]:
        if self._units is None:
            self._units = {}
            links = PostUnit.objects.filter(post__in=self._posts, unit__zone=Zone.GENDARMERIE).select_related("unit")
            for link in links:
                self._units.setdefault(link.post_id, set()).update(link.unit.communes)
        return self._units

    def _of_communes(self, vintage: int) -> dict[str, tuple[str, int]]:
        if vintage not in self._by_commune:
            codes = set().union(*self._communes_of_posts().values())
            rows = RefCommuneYear.objects.of_vintage(vintage).of_communes(codes).filter(epci_id__in=self._sirens)
            found = rows.values_list("commune_id", "epci_id", "population")
            self._by_commune[vintage] = {code: (str(siren), population) for code, siren, population in found}
        return self._by_commune[vintage]


def counted_communes(
    *, vintage: int, financers: Iterable[Organisation], posts: Iterable[Post] | None
) -> dict[int, tuple[str, ...]]:
    """Names of the communes a gendarmerie-zone key counts, by organisation id: those of the posts' units (without
    posts, of the territory's)."""
    financers = list(financers)
    by_siren = {org.siren: org.pk for org in financers if org.siren}
    codes = gendarmerie_communes(financers, posts)
    rows = RefCommuneYear.objects.of_vintage(vintage).of_communes(codes).filter(epci_id__in=by_siren)
    found: dict[int, list[str]] = {}
    for siren, name in rows.order_by("commune__name").values_list("epci_id", "commune__name"):
        found.setdefault(by_siren[siren], []).append(name)
    return {pk: tuple(names) for pk, names in found.items()}


def gendarmerie_communes(financers: Iterable[Organisation], posts: Iterable[Post] | None) -> set[str]:
    """INSEE codes of the communes of the posts' gendarmerie units; without posts, of those of the bodies' territory."""
    if posts is None:
        units = ServiceUnit.objects.filter(
            territory_id__in={org.territory_id for org in financers}, zone=Zone.GENDARMERIE
        )
        return {code for unit in units for code in unit.communes}
    links = PostUnit.objects.filter(post__in=list(posts), unit__zone=Zone.GENDARMERIE).select_related("unit")
    return {code for link in links for code in link.unit.communes}


def stored_keys_of(plans: Iterable[PlanData], territory_id: int, *, lock: bool = False) -> dict[int, AllocationKey]:
    """The stored keys that blocks of these plans point at, by id, with their lines.

    ``lock`` holds them until the end of the transaction: whoever changes a key waits, and then sees these plans among
    those that use it.
    """
    wanted = {share.key.stored_id for data in plans for share in data.all_shares() if share.key and share.key.stored_id}
    if not wanted:
        return {}
    found = AllocationKey.objects.filter(territory_id=territory_id, pk__in=wanted).with_lines().order_by("pk")
    return {key.pk: key for key in (found.select_for_update(of=("self",)) if lock else found)}


def apply_keys(data: PlanData, territory_id: int, keys: Mapping[int, AllocationKey] | None = None) -> PlanData:
    """The plan with, in each block that points at a stored key, that key's own basis, vintage and weights.

    ``keys``: those of :func:`stored_keys_of`, when they were read for many plans at once.
    Raises :class:`InvalidInput` when the key is gone, or does not divide among exactly the members of the block.
    """
    if not any(share.key and share.key.stored_id for share in data.all_shares()):
        return data
    known = stored_keys_of([data], territory_id) if keys is None else keys
    return replace(data, shares=tuple(_applied(share, known) for share in data.shares))


def _applied(share: ShareData, keys: Mapping[int, AllocationKey]) -> ShareData:
    share = replace(share, children=tuple(_applied(child, keys) for child in share.children))
    members = [child for child in share.children if child.mode == ShareMode.KEY]
    if share.key is None or share.key.stored_id is None:
        return share
    if not members:
        return replace(share, key=replace(share.key, stored_id=None))
    key, place = keys.get(share.key.stored_id), f"shares[{share.ref}].key_stored"
    if key is None:
        raise InvalidInput(f"{share.title} : cette clé n'existe plus, choisissez-en une autre.", place=place)
    lines = {line.organisation_id: line for line in key.lines.all()}
    extra = next((m for m in members if m.financer is None or m.financer.pk not in lines), None)
    if extra is not None:
        raise InvalidInput(
            f"{share.title} : la clé « {key.label} » ne compte pas {extra.title}. Retirez ce membre, ou prenez une clé "
            "qui le compte.",
            place=place,
        )
    present = {member.financer.pk for member in members if member.financer}
    absent = next((line for pk, line in lines.items() if pk not in present), None)
    if absent is not None:
        raise InvalidInput(
            f"{share.title} : la clé « {key.label} » compte aussi {absent.organisation.label}. Ajoutez ce membre au "
            "bloc, ou prenez une autre clé.",
            place=place,
        )
    children = tuple(
        _weighed(child, lines[child.financer.pk]) if child.mode == ShareMode.KEY and child.financer else child
        for child in share.children
    )
    return replace(share, key=KeyData(key.basis, key.source, key.vintage, key.pk), children=children)


def _weighed(share: ShareData, line: AllocationKeyLine) -> ShareData:
    return replace(share, weight=Decimal(line.weight), percent=line.percent, population=line.population)


@dataclass(frozen=True)
class KeyDraft:
    """A key as it will be stored: ``values`` of its row, one line per member. ``refs``: the shares that use it."""

    name: str
    values: Mapping[str, Any]
    lines: tuple[KeyLineDraft, ...]
    refs: tuple[str, ...]


@dataclass(frozen=True)
class KeyLineDraft:
    organisation_id: int
    percent: Decimal | None
    population: int | None

    @property
    def weight(self) -> Decimal:
        """As :attr:`AllocationKeyLine.weight`."""
        return self.percent if self.percent is not None else Decimal(self.population or 0)


def prefix_of(plan: FundingPlan) -> str:
    """How the names of a plan's own keys begin: a key shared with other plans is never changed under their feet."""
    return f"cle-{plan.uuid.hex[:12]}-"


def drafted_keys(*, plan: FundingPlan, data: PlanData, populations: Populations) -> list[KeyDraft]:
    """One key per group whose members share by key, one for those outside any group. Writes nothing.

    A group that points at a stored key has none of its own: its members use that one.

    Raises :class:`InvalidInput` on a weight missing, an EPCI the vintage does not count, a body there twice.
    """
    found = []
    for group in data.all_shares():
        members = [child for child in group.children if child.mode == ShareMode.KEY]
        if members and not (group.key and group.key.stored_id):
            found.append(_drafted(plan, group, members, group.key or KeyData(), data.posts, populations))
    loose = [share for share in data.shares if share.mode == ShareMode.KEY]
    if loose:
        found.append(_drafted(plan, None, loose, KeyData(), data.posts, populations))
    return found


def _drafted(
    plan: FundingPlan,
    group: ShareData | None,
    members: list[ShareData],
    key: KeyData,
    posts: Iterable[Post],
    populations: Populations,
) -> KeyDraft:
    seen: set[int] = set()
    for member in members:
        place = f"shares[{member.ref}].financer"
        if member.financer is None:
            raise InvalidInput(f"{member.title} : un bloc n'a pas de part dans une clé, changez son mode.", place=place)
        if member.financer.pk in seen:
            raise InvalidInput(f"{member.title} : cet organisme est déjà dans la clé.", place=place)
        seen.add(member.financer.pk)
    counted = _counted(key, members, posts, populations)
    official = key.source == KeySource.OFFICIAL
    return KeyDraft(
        name=(prefix_of(plan) + (group.ref if group else "parts"))[:80],
        values={
            "label": f"{group.title if group else 'Clé'} – {plan.label}"[:160],
            "basis": key.basis,
            "vintage": key.vintage,
            "source": key.source,
        },
        lines=tuple(
            KeyLineDraft(
                m.financer.pk, None if official else _stored(m.weight), counted.get(m.financer.pk, m.population)
            )
            for m in members
            if m.financer is not None
        ),
        refs=tuple(m.ref for m in members),
    )


def _stored(weight: Decimal | None) -> Decimal | None:
    """The weight as the column keeps it: four decimals."""
    return None if weight is None else weight.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def write_keys(*, drafts: Iterable[KeyDraft], territory_id: int) -> dict[str, AllocationKey]:
    """The rows of these keys, by name, made or brought up to date: in as many queries for many keys as for one."""
    wanted = {draft.name: draft for draft in drafts}
    if not wanted:
        return {}
    rows = {
        row.key: row
        for row in AllocationKey.objects.filter(territory_id=territory_id, key__in=wanted).prefetch_related("lines")
    }
    made = [
        AllocationKey(territory_id=territory_id, key=name, **draft.values)
        for name, draft in wanted.items()
        if name not in rows
    ]
    moved = [row for name, row in rows.items() if any(getattr(row, f) != v for f, v in wanted[name].values.items())]
    for row in moved:
        for name, value in wanted[row.key].values.items():
            setattr(row, name, value)
        row.updated_at = timezone.now()
    AllocationKey.objects.bulk_create(made)
    AllocationKey.objects.bulk_update(moved, ["label", "basis", "vintage", "source", "updated_at"], batch_size=BATCH)
    stale = [
        row
        for name, row in rows.items()
        if tuple(KeyLineDraft(x.organisation_id, x.percent, x.population) for x in row.lines.all())
        != wanted[name].lines
    ]
    AllocationKeyLine.objects.filter(allocation_key__in=stale).delete()
    AllocationKeyLine.objects.bulk_create(
        [
            AllocationKeyLine(
                territory_id=territory_id,
                allocation_key=row,
                organisation_id=line.organisation_id,
                percent=line.percent,
                population=line.population,
                position=rank,
            )
            for row in [*made, *stale]
            for rank, line in enumerate(wanted[row.key].lines)
        ]
    )
    return rows | {row.key: row for row in made}


def drop_keys(ids: Iterable[int]) -> None:
    """Delete those of these keys that no share uses any more."""
    used = Share.objects.filter(allocation_key__isnull=False).values("allocation_key_id")
    AllocationKey.objects.filter(pk__in=list(ids)).exclude(pk__in=used).delete()


def _counted(key: KeyData, members: list[ShareData], posts: Iterable[Post], populations: Populations) -> dict[int, int]:
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
    found = populations.of(basis=key.basis, vintage=key.vintage, financers=financers, posts=posts)
    unknown = next((m for m in members if m.financer and m.financer.pk not in found), None)
    if unknown is not None:
        raise InvalidInput(
            f"{unknown.title} : aucune population officielle de {key.vintage} pour cet organisme. "
            "Choisissez « Pourcentages saisis » et indiquez sa part.",
            place=f"shares[{unknown.ref}].percent",
        )
    return found
