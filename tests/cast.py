"""The cast: the same small world for every test that needs people, posts, plans, conventions and titres.

Two territories run their scheme on the same server. Everything is built with the models, states included: what the
acts of the circuit do is tested elsewhere. The year is fixed (``YEAR``); tests about "today" travel in time.

    def test_something(cast):
        client = cast.client("finances_a")            # a browser signed in as that person
        by = cast.actor("gestionnaire")               # the ``by`` of services
        with cast.acting("finances_b"):               # the database as that person sees it
            assert not Post.objects.filter(pk=cast.post["a"].pk).exists()

After a page was asked for, the transaction of the test keeps that person's context (it is local to the transaction,
and a test has only one): look at the database inside ``cast.acting(…)``.

Territory "here" (Pas-de-Calais) and "there" (Somme; its things have keys ending in ``there``).

People        organisation       role           what is theirs
gestionnaire  departement        gestionnaire   the whole territory
instructeur   prefecture         instructeur    what was submitted
finances_a    epci_a             finances       post a and e, plans a and e, convention a, titres a
finances_b    epci_b             finances       post b, plans b and c, conventions b and c, owes the titre c_epci_b
admin_a       epci_a             finances       as finances_a, and manages the members of EPCI A
partenaire    police             partenaire     posts b and c, conventions b and c
employeur_a   epci_a             employeur      post a and e
employeur_d   association        employeur      post d
double        epci_b + departement there        finances, and gestionnaire there: switches between the two
sans_role     none               none           an account without membership
national      none               national       the figures of all territories (a role outside them)
plateforme    none               plateforme     opens and suspends territories (a role outside them)
enquete       none               plateforme     the same, and may read "here" under an exceptional access
gestionnaire_there, instructeur_there, finances_there

post  employer     unit         filled            plan (YEAR)                          convention
a     epci_a       gendarmerie  since YEAR-2      42 000, thirds, engagé               signée (62-A)
b     epci_b       police       since YEAR-2      45 000, thirds, arrêté               en signature (62-B), 1/4 signed
c     departement  police       never (vacant)    48 000, thirds, epci_b pays, engagé  signée (62-C), ends 31/12/YEAR
d     association  gendarmerie  since YEAR-1      30 000, halves, projet               brouillon (62-D)
e     epci_a       gendarmerie  since YEAR-2      36 000, thirds, projet               soumise (62-E)
there epci_there   police_there since YEAR-2      42 000, thirds, engagé               signée (80-THERE)

titre             issuer       debtor       status
a_departement     epci_a       departement  prêt, 14 000
a_prefecture      epci_a       prefecture   à préparer (blocked), 14 000
c_epci_b          departement  epci_b       prêt, 16 000
c_prefecture      departement  prefecture   prêt, 16 000
there             epci_there   departement_there  prêt, 14 000
"""

from __future__ import annotations

import datetime as dt
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from conventions.enums import Family, PartyRole, Status
from conventions.models import (
    Convention,
    ConventionPlan,
    ConventionPost,
    ConventionVersion,
    Party,
    Signatory,
    Signature,
    Transition,
)
from core import rls
from funding.enums import CostKind, PlanStatus, ShareMode, Source, TitreStatus
from funding.models import CostComponent, FundingPlan, PlanPost, Share, Titre
from parties.actors import Actor, PlatformActor
from parties.enums import AccessMode, Capacity, LegalForm, OrganisationKind, PlatformRole, Role
from parties.middleware import SESSION_KEY
from parties.models import (
    ExceptionalAccess,
    Mandate,
    Membership,
    Organisation,
    PlatformMembership,
    Territory,
    User,
)
from posts.enums import PostKind, UnitKind, Zone
from posts.models import Occupancy, Post, PostUnit, ServiceUnit
from tests.rows import RowsPrint

YEAR = 2026
PASSWORD = "un mot de passe de test 62"

HERE = {
    "prefecture": (OrganisationKind.PREFECTURE, "", "État (préfecture du Pas-de-Calais)", "Préfecture", ""),
    "departement": (OrganisationKind.DEPARTEMENT, "", "Département du Pas-de-Calais", "Département", "226200012"),
    "epci_a": (OrganisationKind.EPCI, LegalForm.CC, "CC du Sud-Artois", "Sud-Artois", "200035442"),
    "epci_b": (OrganisationKind.EPCI, LegalForm.CA, "CA du Boulonnais", "Boulonnais", "246200729"),
    "police": (OrganisationKind.POLICE, "", "Police nationale (DDPN du Pas-de-Calais)", "Police", ""),
    "gendarmerie": (OrganisationKind.GENDARMERIE, "", "Groupement de gendarmerie du Pas-de-Calais", "GGD", ""),
    "association": (OrganisationKind.ASSOCIATION, "", "France Victimes 62", "", ""),
}
THERE = {
    "prefecture_there": (OrganisationKind.PREFECTURE, "", "État (préfecture de la Somme)", "Préfecture", ""),
    "departement_there": (OrganisationKind.DEPARTEMENT, "", "Département de la Somme", "Département", "228000014"),
    # The same EPCI, SIREN included, may be known in two territories: rows never meet.
    "epci_there": (OrganisationKind.EPCI, LegalForm.CC, "CC du Sud-Artois", "Sud-Artois", "200035442"),
    "police_there": (OrganisationKind.POLICE, "", "Police nationale (DDPN de la Somme)", "Police", ""),
}

#: name → (territory, [(organisation, role), …])
PEOPLE: dict[str, list[tuple[str, str, Role]]] = {
    "gestionnaire": [("here", "departement", Role.GESTIONNAIRE)],
    "instructeur": [("here", "prefecture", Role.INSTRUCTEUR)],
    "finances_a": [("here", "epci_a", Role.FINANCES)],
    "admin_a": [("here", "epci_a", Role.FINANCES)],
    "finances_b": [("here", "epci_b", Role.FINANCES)],
    "partenaire": [("here", "police", Role.PARTENAIRE)],
    "employeur_a": [("here", "epci_a", Role.EMPLOYEUR)],
    "employeur_d": [("here", "association", Role.EMPLOYEUR)],
    "double": [("here", "epci_b", Role.FINANCES), ("there", "departement_there", Role.GESTIONNAIRE)],
    "sans_role": [],
    "national": [],
    "plateforme": [],
    "enquete": [],
    "gestionnaire_there": [("there", "departement_there", Role.GESTIONNAIRE)],
    "instructeur_there": [("there", "prefecture_there", Role.INSTRUCTEUR)],
    "finances_there": [("there", "epci_there", Role.FINANCES)],
}

#: name → role outside any territory
OUTSIDE = {"national": PlatformRole.NATIONAL, "plateforme": PlatformRole.PLATFORM, "enquete": PlatformRole.PLATFORM}


@dataclass
class Cast:
    """Everything by its key (see the module's docstring)."""

    territory: dict[str, Territory] = field(default_factory=dict)
    org: dict[str, Organisation] = field(default_factory=dict)
    mandate: dict[str, Mandate] = field(default_factory=dict)
    unit: dict[str, ServiceUnit] = field(default_factory=dict)
    post: dict[str, Post] = field(default_factory=dict)
    plan: dict[str, FundingPlan] = field(default_factory=dict)
    convention: dict[str, Convention] = field(default_factory=dict)
    titre: dict[str, Titre] = field(default_factory=dict)
    user: dict[str, User] = field(default_factory=dict)
    membership: dict[str, Membership] = field(default_factory=dict)
    role: dict[str, PlatformMembership] = field(default_factory=dict)
    access: ExceptionalAccess | None = None
    year: int = YEAR
    password: str = PASSWORD

    def outside(self, name: str) -> PlatformActor:
        """The person in their role outside any territory."""
        return PlatformActor.of(self.role[name])

    def actor(self, name: str) -> Actor:
        """The person in their first membership; "double_there" is the second one of "double"."""
        return Actor.of(self.membership[name])

    def acting(self, name: str) -> AbstractContextManager[None]:
        """Run a block under the person's isolation context."""
        return rls.acting((self.outside(name) if name in OUTSIDE else self.actor(name)).context)

    def client(self, name: str) -> Client:
        """A browser signed in as the person; "exceptionnel": as "enquete", inside its access."""
        client = Client()
        client.force_login(self.user["enquete" if name == "exceptionnel" else name])
        if name == "exceptionnel":
            assert self.access is not None
            session = client.session
            session[SESSION_KEY] = str(self.access.uuid)
            session.save()
        return client


def build_cast() -> Cast:
    """Create the whole world; needs the database, and gives back the isolation context found."""
    cast = _world()
    cast.access = make_access(cast, "enquete", "here", mode=AccessMode.IMMEDIATE)
    return cast


def _world() -> Cast:
    """Everything but what depends on the hour."""
    cast = Cast()
    cast.territory["here"] = Territory.objects.create(code="62", name="Pas-de-Calais", administrative_court="Lille")
    cast.territory["there"] = Territory.objects.create(code="80", name="Somme", administrative_court="Amiens")
    for name in PEOPLE:
        email = f"{name}@exemple.fr"
        cast.user[name] = User.objects.create_user(email=email, password=PASSWORD, name=name.capitalize())
    for territory, organisations in (("here", HERE), ("there", THERE)):
        with rls.acting(Actor.system(cast.territory[territory]).context):
            _organisations(cast, cast.territory[territory], organisations)
            _memberships(cast, territory)
            if territory == "here":
                _here(cast)
            else:
                _there(cast)
    with rls.acting(PlatformActor.system().context):
        for name, role in OUTSIDE.items():
            cast.role[name] = PlatformMembership.objects.create(user=cast.user[name], role=role)
    return cast


def make_access(
    cast: Cast, name: str, territory: str, *, mode: str = AccessMode.APPROVAL, started: dt.timedelta | None = None
) -> ExceptionalAccess:
    """Asked by ``name`` for an hour; in force at once, or since ``started`` ago, when ``mode`` is immediate."""
    now = timezone.now() - (started or dt.timedelta())
    opened = {"granted_at": now, "granted_by": "X", "expires_at": now + dt.timedelta(hours=1)}
    with cast.acting(name):
        return ExceptionalAccess.objects.create(
            territory=cast.territory[territory],
            user=cast.user[name],
            user_label=cast.outside(name).label,
            justification="Un montant affiché diffère du fichier exporté",
            incident=f"INC-{territory}",
            hours=1,
            mode=mode,
            **(opened if mode == AccessMode.IMMEDIATE else {}),
        )


#: The world as this process built it first: making it again from these rows is several times quicker.
_PRINT: list[RowsPrint] = []


@pytest.fixture
def cast(db) -> Cast:
    if not _PRINT:
        _PRINT.append(RowsPrint.of(_world))
    copy: Cast = _PRINT[0].again()
    copy.access = make_access(copy, "enquete", "here", mode=AccessMode.IMMEDIATE)
    return copy


# --- One thing at a time, for tests that need one more: call them inside ``cast.acting("gestionnaire")`` --------------


def make_post(cast: Cast, key: str, *, employer: str, unit: str, filled_since: dt.date | None = None) -> Post:
    """A full-time post in one unit; vacant when ``filled_since`` is None."""
    organisation = cast.org[employer]
    post = Post.objects.create(
        territory_id=organisation.territory_id,
        key=f"post-{key}",
        label=f"Poste {key.upper()}",
        kind=PostKind.ISC if unit.startswith("police") else PostKind.ISG,
        employer=organisation,
        created_on=dt.date(YEAR - 2, 1, 1),
    )
    PostUnit.objects.create(post=post, unit=cast.unit[unit], percent=Decimal(100))
    if filled_since:
        Occupancy.objects.create(post=post, start=filled_since)
    cast.post[key] = post
    return post


def make_plan(
    cast: Cast, key: str, *, post: str, cost: Decimal, financers: list[str], status: str, year: int = YEAR
) -> FundingPlan:
    """A plan of the whole year, its cost split in equal parts that fall on whole cents."""
    employer = cast.post[post].employer
    plan = FundingPlan.objects.create(
        territory_id=employer.territory_id,
        key=f"plan-{key}",
        label=f"Plan {key.upper()} {year}",
        year=year,
        employer=employer,
        status=status,
        period_start=dt.date(year, 1, 1),
        period_end=dt.date(year, 12, 31),
        legal_basis={"text": f"convention {key.upper()}"} if status == PlanStatus.ENGAGE else {},
    )
    PlanPost.objects.create(plan=plan, post=cast.post[post])
    CostComponent.objects.create(plan=plan, kind=CostKind.PAYROLL, label="Salaire et charges", amount=cost)
    part = cost / len(financers)
    for position, name in enumerate(financers):
        Share.objects.create(
            plan=plan,
            position=position,
            ref=name.replace("_", "-"),
            financer=cast.org[name],
            source=_source(cast.org[name]),
            mode=ShareMode.EQUAL,
            amount=part,
            explanation={"text": f"1/{len(financers)} du coût", "steps": [], "exact": str(part), "travel": "0"},
        )
    cast.plan[key] = plan
    return plan


def make_convention(
    cast: Cast,
    key: str,
    *,
    reference: str,
    post: str,
    plan: str,
    parties: list[str],
    status: str,
    period_end: dt.date | None = None,
) -> Convention:
    """A convention in any state, with the versions and log lines that state supposes; nobody has signed yet."""
    submitted = status not in (Status.BROUILLON, Status.ABANDONNEE)
    approved = submitted and status not in (Status.SOUMISE, Status.A_CORRIGER)
    convention = Convention.objects.create(
        territory_id=cast.org[parties[0]].territory_id,
        reference=reference,
        title=f"Convention relative au financement du poste {key.upper()}",
        family=Family.F2,
        status=status,
        submitted_at=_at(2, 2) if submitted else None,
        period_start=dt.date(YEAR, 1, 1),
        period_end=period_end or dt.date(YEAR + 2, 12, 31),
        notice_months=3,
        place="Arras",
        signed_on=dt.date(YEAR, 3, 2) if status == Status.SIGNEE else None,
    )
    ConventionPost.objects.create(convention=convention, post=cast.post[post])
    ConventionPlan.objects.create(convention=convention, plan=cast.plan[plan])
    for position, name in enumerate(parties, start=1):
        _party(cast, convention, name, position, post)
    if submitted:
        _log(convention, "submit", Status.BROUILLON, Status.SOUMISE)
    if approved:
        _log(convention, "approve", Status.SOUMISE, Status.APPROUVEE)
        ConventionVersion.objects.create(
            convention=convention,
            number=1,
            content={"title": convention.title},
            sha256="0" * 64,
            approved_by_label="Instructeur (Préfecture)",
            approved_at=_at(2, 16),
        )
    if status in (Status.EN_SIGNATURE, Status.SIGNEE):
        _log(convention, "circulate", Status.APPROUVEE, Status.EN_SIGNATURE)
    if status == Status.SIGNEE:
        _log(convention, "complete", Status.EN_SIGNATURE, Status.SIGNEE)
    cast.convention[key] = convention
    return convention


def sign(cast: Cast, convention: str, party: str, *, on: dt.date = dt.date(YEAR, 3, 1)) -> Signature:
    """Record one party's signature on the latest version."""
    act = cast.convention[convention]
    signatory = Signatory.objects.get(convention=act, party__organisation=cast.org[party])
    return Signature.objects.create(
        version=act.versions.latest("number"), signatory=signatory, signed_on=on, by_label="Gestionnaire"
    )


def make_titre(
    cast: Cast, key: str, *, plan: str, debtor: str, amount: Decimal, status: str = TitreStatus.PRET, blocked: str = ""
) -> Titre:
    issuer = cast.plan[plan].employer
    titre = Titre.objects.create(
        plan=cast.plan[plan],
        status=status,
        entry_id=f"titre-{key}",
        share_ref=debtor.replace("_", "-"),
        issuer=issuer,
        debtor=cast.org[debtor],
        year=cast.plan[plan].year,
        base=amount,
        due=Decimal(12),
        planned=Decimal(12),
        amount=amount,
        subject=f"Participation {cast.plan[plan].year} – {cast.plan[plan].label}",
        reference=plan,
        blocked_reason=blocked,
    )
    cast.titre[key] = titre
    return titre


# --- The world --------------------------------------------------------------------------------------------------------


def _organisations(cast: Cast, territory: Territory, rows: dict[str, tuple[str, str, str, str, str]]) -> None:
    for key, (kind, form, name, short, siren) in rows.items():
        cast.org[key] = Organisation.objects.create(
            territory=territory,
            key=key.replace("_", "-"),
            kind=kind,
            legal_form=form,
            name=name,
            short_name=short,
            siren=siren,
            seat="1 rue de l'Exemple, 62000 Arras",
        )
        cast.mandate[key] = Mandate.objects.create(
            organisation=cast.org[key],
            key=f"mandat-{key.replace('_', '-')}",
            person=f"Camille {key.split('_')[0].capitalize()}",
            function="représentante légale",
            capacity=_capacity(kind),
            gender="f",
            start=dt.date(YEAR - 3, 1, 1),
        )


def _memberships(cast: Cast, where: str) -> None:
    for name, held in PEOPLE.items():
        for territory, organisation, role in held:
            if territory == where:
                key = name if name not in cast.membership else f"{name}_there"
                row = Membership.objects.create(
                    user=cast.user[name],
                    organisation=cast.org[organisation],
                    role=role,
                    is_admin=name.startswith("admin"),
                )
                cast.membership[key] = row


def _here(cast: Cast) -> None:
    cast.unit["police"] = _unit(cast, "police", UnitKind.COMMISSARIAT, Zone.POLICE, "Commissariat de Boulogne")
    cast.unit["gendarmerie"] = _unit(cast, "gendarmerie", UnitKind.COMPAGNIE, Zone.GENDARMERIE, "Compagnie d'Arras")
    since = dt.date(YEAR - 2, 1, 1)
    thirds = ["prefecture", "departement"]
    make_post(cast, "a", employer="epci_a", unit="gendarmerie", filled_since=since)
    make_post(cast, "b", employer="epci_b", unit="police", filled_since=since)
    make_post(cast, "c", employer="departement", unit="police")
    make_post(cast, "d", employer="association", unit="gendarmerie", filled_since=dt.date(YEAR - 1, 1, 1))
    make_post(cast, "e", employer="epci_a", unit="gendarmerie", filled_since=since)
    plan = {"cost": Decimal("42000.00"), "financers": [*thirds, "epci_a"], "status": PlanStatus.ENGAGE}
    make_plan(cast, "a", post="a", **plan)
    make_plan(cast, "b", post="b", cost=Decimal(45000), financers=[*thirds, "epci_b"], status=PlanStatus.ARRETE)
    make_plan(cast, "c", post="c", cost=Decimal(48000), financers=[*thirds, "epci_b"], status=PlanStatus.ENGAGE)
    make_plan(cast, "d", post="d", cost=Decimal(30000), financers=thirds, status=PlanStatus.PROJET)
    make_plan(cast, "e", post="e", cost=Decimal(36000), financers=[*thirds, "epci_a"], status=PlanStatus.PROJET)
    state, hosts = "prefecture", ("gendarmerie", "police")
    make_convention(
        cast, "a", reference="62-A", post="a", plan="a", status=Status.SIGNEE,
        parties=[state, hosts[0], "departement", "epci_a"],
    )  # fmt: skip
    make_convention(
        cast, "b", reference="62-B", post="b", plan="b", status=Status.EN_SIGNATURE,
        parties=[state, hosts[1], "departement", "epci_b"],
    )  # fmt: skip
    make_convention(
        cast, "c", reference="62-C", post="c", plan="c", status=Status.SIGNEE,
        parties=[state, hosts[1], "departement", "epci_b"], period_end=dt.date(YEAR, 12, 31),
    )  # fmt: skip
    make_convention(
        cast, "d", reference="62-D", post="d", plan="d", status=Status.BROUILLON,
        parties=[state, hosts[0], "departement", "association"],
    )  # fmt: skip
    make_convention(
        cast, "e", reference="62-E", post="e", plan="e", status=Status.SOUMISE,
        parties=[state, hosts[0], "departement", "epci_a"],
    )  # fmt: skip
    for convention, parties in (
        ("a", [state, hosts[0], "departement", "epci_a"]),
        ("b", ["departement"]),
        ("c", [state, hosts[1], "departement", "epci_b"]),
    ):
        for party in parties:
            sign(cast, convention, party)
    make_titre(cast, "a_departement", plan="a", debtor="departement", amount=Decimal(14000))
    make_titre(
        cast, "a_prefecture", plan="a", debtor="prefecture", amount=Decimal(14000), status=TitreStatus.A_PREPARER,
        blocked="Le SIRET du débiteur manque.",
    )  # fmt: skip
    make_titre(cast, "c_epci_b", plan="c", debtor="epci_b", amount=Decimal(16000))
    make_titre(cast, "c_prefecture", plan="c", debtor="prefecture", amount=Decimal(16000))


def _there(cast: Cast) -> None:
    cast.unit["police_there"] = _unit(cast, "police_there", UnitKind.COMMISSARIAT, Zone.POLICE, "Commissariat d'Amiens")
    make_post(cast, "there", employer="epci_there", unit="police_there", filled_since=dt.date(YEAR - 2, 1, 1))
    financers = ["prefecture_there", "departement_there", "epci_there"]
    make_plan(cast, "there", post="there", cost=Decimal(42000), financers=financers, status=PlanStatus.ENGAGE)
    parties = ["prefecture_there", "police_there", "departement_there", "epci_there"]
    make_convention(
        cast, "there", reference="80-THERE", post="there", plan="there", parties=parties, status=Status.SIGNEE
    )
    for party in parties:
        sign(cast, "there", party)
    make_titre(cast, "there", plan="there", debtor="departement_there", amount=Decimal(14000))


def _unit(cast: Cast, organisation: str, kind: str, zone: str, name: str) -> ServiceUnit:
    return ServiceUnit.objects.create(
        organisation=cast.org[organisation], key=f"unite-{organisation.replace('_', '-')}", kind=kind, zone=zone,
        name=name,
    )  # fmt: skip


def _party(cast: Cast, convention: Convention, name: str, position: int, post: str) -> None:
    roles = []
    if cast.post[post].employer_id == cast.org[name].pk:
        roles.append(PartyRole.EMPLOYER)
    if cast.org[name].kind in (OrganisationKind.POLICE, OrganisationKind.GENDARMERIE):
        roles.append(PartyRole.HOST)
    else:
        roles.append(PartyRole.FINANCER)
    party = Party.objects.create(
        convention=convention,
        organisation=cast.org[name],
        position=position,
        roles=roles,
        representative=cast.mandate[name],
    )
    Signatory.objects.create(convention=convention, party=party, mandate=cast.mandate[name], position=position)


def _at(month: int, day: int) -> dt.datetime:
    return dt.datetime(YEAR, month, day, 9, 0, tzinfo=dt.UTC)


def _log(convention: Convention, act: str, source: str, target: str) -> None:
    Transition.objects.create(
        convention=convention, act=act, from_status=source, to_status=target, by_label="Gestionnaire (Département)"
    )


def _source(organisation: Organisation) -> str:
    return {
        OrganisationKind.PREFECTURE: Source.FIPD,
        OrganisationKind.DEPARTEMENT: Source.DEPARTEMENT,
        OrganisationKind.EPCI: Source.EPCI,
    }.get(OrganisationKind(organisation.kind), Source.OTHER)


def _capacity(kind: str) -> str:
    if kind in (OrganisationKind.PREFECTURE, OrganisationKind.POLICE, OrganisationKind.GENDARMERIE):
        return Capacity.STATE
    return Capacity.ASSOCIATION if kind == OrganisationKind.ASSOCIATION else Capacity.ELECTED
