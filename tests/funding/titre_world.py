"""A small territory for the tests of titres: real figures of the Pas-de-Calais act, nothing else."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from core import rls
from funding.enums import CostKind, PlanStatus, ShareMode, Source
from funding.models import CostComponent, ExportBatch, FundingPlan, PlanPost, Share
from parties.actors import Actor
from parties.enums import OrganisationKind, Role
from parties.models import Membership, Organisation, Territory, User
from posts.models import Occupancy, Post

PASSWORD = "un mot de passe long"


@dataclass
class World:
    """The territory 62, the bodies of the act, and how to make plans and people."""

    territory: Territory
    departement: Organisation
    etat: Organisation
    boulonnais: Organisation
    sud_artois: Organisation
    ternois: Organisation
    victimes: Organisation
    users: dict[str, User] = field(default_factory=dict)

    @property
    def system(self) -> Actor:
        return Actor.system(self.territory)

    def acting(self, actor: Actor | None = None):  # type: ignore[no-untyped-def]
        return rls.acting((actor or self.system).context)

    def actor(self, organisation: Organisation, role: str = Role.FINANCES) -> Actor:
        """A person of ``organisation`` with an account, created the first time."""
        email = f"{role}@{organisation.key}.test"
        user = self.users.get(email)
        if user is None:
            user = self.users[email] = User.objects.create_user(email, PASSWORD, name=f"Agent {organisation.label}")
        with self.acting():
            membership, _ = Membership.objects.get_or_create(user=user, organisation=organisation, role=role)
            membership = Membership.objects.select_related("territory", "organisation", "user").get(pk=membership.pk)
            return Actor.of(membership)

    def plan(
        self,
        *,
        employer: Organisation,
        key: str,
        year: int,
        shares: list[tuple[Organisation, str]],
        occupancies: list[tuple[dt.date, dt.date | None]] | None = None,
        posts: list[Post] | None = None,
        status: str = PlanStatus.ENGAGE,
        reference: str = "62-A04",
        **fields: object,
    ) -> FundingPlan:
        """A plan whose shares are amounts in euros; one post, filled during ``occupancies`` (default: since 2020)."""
        plan = FundingPlan.objects.create(
            employer=employer,
            key=key,
            label=f"Plan {key}",
            year=year,
            period_start=fields.pop("start", dt.date(year, 1, 1)),
            period_end=fields.pop("end", dt.date(year, 12, 31)),
            status=status,
            legal_basis={"text": f"convention {reference}", "reference": reference, "date": "2023-07-10"},
            **fields,
        )
        for post in posts or [self.post(employer, key, occupancies)]:
            PlanPost.objects.create(plan=plan, post=post)
        total = sum((Decimal(amount) for _, amount in shares), Decimal(0))
        CostComponent.objects.create(plan=plan, kind=CostKind.PAYROLL, amount=total)
        for rank, (financer, amount) in enumerate(shares, start=1):
            Share.objects.create(
                plan=plan,
                ref=f"s{rank}",
                position=rank,
                financer=financer,
                source=Source.OTHER,
                mode=ShareMode.FIXED,
                fixed_amount=Decimal(amount),
                amount=Decimal(amount),
            )
        return plan

    def post(
        self,
        employer: Organisation,
        label: str,
        occupancies: list[tuple[dt.date, dt.date | None]] | None = None,
    ) -> Post:
        post = Post.objects.create(employer=employer, label=f"Poste {label}", kind="ISC")
        for start, end in [(dt.date(2020, 1, 1), None)] if occupancies is None else occupancies:
            Occupancy.objects.create(post=post, start=start, end=end)
        return post


def content_of(batch: ExportBatch) -> bytes:
    """The whole file of a batch."""
    with batch.open() as file:
        return file.read()


def make_world() -> World:
    """Must run with a database; every row is created by the system."""
    territory = Territory.objects.get_or_create(code="62", defaults={"name": "Pas-de-Calais"})[0]
    with rls.acting(Actor.system(territory).context):

        def body(key: str, kind: str, name: str, siren: str, **more: object) -> Organisation:
            return Organisation.objects.create(territory=territory, key=key, kind=kind, name=name, siren=siren, **more)

        return World(
            territory=territory,
            departement=body("dep62", OrganisationKind.DEPARTEMENT, "Pas-de-Calais", "226200012"),
            etat=body(
                "pref62",
                OrganisationKind.PREFECTURE,
                "Préfecture du Pas-de-Calais",
                "176200016",
                siret="17620001600017",
                address1="rue Ferdinand Buisson",
                postal_code="62020",
                city="ARRAS CEDEX 9",
            ),
            boulonnais=body("cab", OrganisationKind.EPCI, "CA du Boulonnais", "246200729", legal_form="CA"),
            sud_artois=body("ccsa", OrganisationKind.EPCI, "CC du Sud-Artois", "200035442", legal_form="CC"),
            ternois=body("ternois", OrganisationKind.EPCI, "CC du Ternois", "200069672", legal_form="CC"),
            victimes=body("fv62", OrganisationKind.ASSOCIATION, "France Victimes 62", "", short_name="FV62"),
        )


def sud_artois_2023(world: World, **more: object) -> FundingPlan:
    """62-A12: 14 665 € each for the State and the Département, the post filled all year."""
    shares = [(world.etat, "14665"), (world.departement, "14665"), (world.sud_artois, "14665")]
    return world.plan(employer=world.sud_artois, key="plan-a12", year=2023, shares=shares, reference="62-A12", **more)


def boulogne_2022(world: World, **more: object) -> FundingPlan:
    """62-A04 in 2022: 20 045 € per financer, nobody in post from 1 June."""
    shares = [(world.etat, "20045"), (world.boulonnais, "20045"), (world.departement, "20960")]
    occupancies = [(dt.date(2020, 1, 1), dt.date(2022, 5, 31))]
    return world.plan(
        employer=world.departement, key="plan-a04", year=2022, shares=shares, occupancies=occupancies, **more
    )


def ternois_2023(world: World, **more: object) -> FundingPlan:
    """62-A08: two fixed shares of 14 333 €, the post filled from 15 March 2023."""
    shares = [(world.etat, "14333"), (world.departement, "14333")]
    occupancies = [(dt.date(2023, 3, 15), None)]
    return world.plan(
        employer=world.ternois,
        key="plan-a08",
        year=2023,
        shares=shares,
        occupancies=occupancies,
        reference="62-A08",
        **more,
    )
