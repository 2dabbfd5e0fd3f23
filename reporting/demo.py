"""The demonstration: the published act, example accounts, two conventions signed and one submitted.

The act is a set of drafts annexed to a vote: it says neither when the vote became enforceable nor when anyone signed.
The dates below are assumptions, made here in the open because the circuit rightly refuses to go on without them; the
deliberations they touch say so in ``stated.note``.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from conventions.models import CommissionFile, Convention, Deliberation
from conventions.services.commission import save_commission_file
from conventions.services.grants import prepare_plan_grants
from conventions.services.reprise import take_over_convention
from conventions.services.review import submit_convention
from conventions.services.signing import record_signature, start_signature
from core import rls
from funding.enums_grants import GrantStatus
from funding.models import FundingPlan, Grant
from funding.services.finance import save_finance
from funding.services.grant_payments import record_payment
from funding.services.grants import award_grant, request_grant
from parties import services
from parties.actors import Actor, PlatformActor
from parties.demo import DEMO_ACCOUNTS, DEMO_PASSWORD
from parties.enums import PlatformRole, Role
from parties.models import Membership, Organisation, Territory, User
from parties.services import update_organisation
from reporting.demo_detail import detail_one_post
from reporting.demo_observatory import load_observatory
from reporting.dossier.importer import Outcome
from reporting.dossier.territory import import_file

DOSSIER = Path(settings.BASE_DIR) / "fixtures" / "demo" / "pas-de-calais-2023.json"
TERRITORY = "62"
VOTED = "Délibération non citée par la convention : hypothèse de la démonstration."
#: What the signed conventions are taken from: the public act, its annexes approved by its vote.
SOURCE = "Délibération 2023-332 de la commission permanente du Département du Pas-de-Calais, texte annexé"
SIGNED_ON = dt.date(2023, 7, 24)

#: Vote → (transmitted to the préfet, published): assumptions.
ENFORCEABLE = {
    "62-2023-332": (dt.date(2023, 7, 6), dt.date(2023, 7, 7)),
    "ccsa-2022-048": (dt.date(2022, 4, 11), dt.date(2022, 4, 12)),
}
#: The convention leaves the EPCI's vote out: an assumed one, so that its president may sign.
ASSUMED_VOTE = ("ca-boulonnais-demo", "ca-boulonnais", dt.date(2023, 6, 22), dt.date(2023, 6, 29))
#: Convention → parties whose vote the text leaves blank, and the vote that authorises them.
AUTHORISED = {
    "62-A12": {"departement-62": "62-2023-332"},
    "62-A04": {"ca-boulonnais": "ca-boulonnais-demo"},
}
#: The Département's vote: plan → article that attributes its grant.
ARTICLES = {
    "isc-calaisis-2023": 19,
    "isg-calaisis-2023": 21,
    "iscg-audomarois-2023": 23,
    "iscg-montreuillois-2023": 25,
}
#: Votes the act rests on.
VISAS = (
    "la délibération du Conseil départemental n° 2021-257 du 1er juillet 2021\n"
    "les délibérations de la commission permanente n° 2021-417 du 18 octobre 2021, n° 2022-177 du 16 mai 2022 et"
    " n° 2022-398 du 17 octobre 2022\n"
    "l'avis de la deuxième commission du 20 juin 2023"
)
VOTED_ON = dt.date(2023, 7, 3)
REQUESTED_ON = dt.date(2023, 2, 20)
#: Payments of the Département, assumptions: plan, amount, day, mandat.
PAID = (
    ("isc-calaisis-2023", Decimal("11221.00"), dt.date(2023, 7, 28), "DEMO-2310"),
    ("isg-calaisis-2023", Decimal("6000.00"), dt.date(2023, 7, 31), "DEMO-2311"),
)
#: What an accountant gives an issuer: plausible, not the real codes. The SIRET is the public one of the Département.
FINANCES: dict[str, tuple[dict[str, str], dict[str, dict[str, str]]]] = {
    "departement-62": (
        {
            "siret_budget": "22620001200012",
            "id_post": "062090",
            "cod_col": "020",
            "cod_bud": "00",
            "libelle_budget": "Budget principal",
            "collectivite": "62",
            "budget": "00",
            "vote": "fonction",
            "fonction": "934213",
            "chapitre": "934",
            "code_produit": "0100",
        },
        {
            "bordereaux": {"2022": "61", "2023": "47"},
            "titres": {"2022": "4101", "2023": "3207"},
            "tiers": {"prefecture-62": "ETAT62", "246200729": "CAB"},
        },
    ),
    "cc-sud-artois": (
        {
            "siret_budget": "20003544200017",
            "id_post": "062015",
            "cod_col": "310",
            "cod_bud": "00",
            "collectivite": "CCSA",
            "budget": "01",
            "fonction": "424",
            "code_produit": "ISCG",
        },
        {
            "bordereaux": {"2023": "12"},
            "titres": {"2023": "101"},
            "tiers": {"prefecture-62": "PREF", "226200012": "CD62"},
        },
    ),
}
#: The published act leaves these bodies' addresses out; a titre needs its debtor's.
ADDRESSES: dict[str, dict[str, Any]] = {
    "ca-boulonnais": {
        "address1": "1 boulevard du Bassin Napoléon",
        "postal_code": "62200",
        "city": "BOULOGNE-SUR-MER",
    },
}
#: Waits at the préfecture's, so that its reviewer finds something to read: nothing blocks it, five points to explain.
SUBMITTED = "62-A10"


def is_empty() -> bool:
    """Whether nothing was ever put in the demonstration's territory."""
    territory = Territory.objects.filter(code=TERRITORY).first()
    if territory is None:
        return True
    with rls.acting(Actor.system(territory).context):
        return not Organisation.objects.filter(territory=territory).exists()


@transaction.atomic
def load_demo() -> Outcome:
    """Everything, or nothing. Can be run again: what is there stays. Accounts and acts in demo mode only."""
    outcome = import_file(DOSSIER.read_bytes())
    if settings.COSIGNE_DEMO:
        territory = Territory.objects.get(code=TERRITORY)
        create_accounts(territory)
        settle_finances(territory)
        for reference in AUTHORISED:
            take_through_circuit(territory, reference)
        submit(territory, SUBMITTED)
        fund_association(territory)
        join_bilan(territory)
        detail_months(territory)
        load_observatory(territory, _actor(territory, Role.GESTIONNAIRE))
    return outcome


def create_accounts(territory: Territory) -> None:
    """The accounts of ``parties.demo`` and their memberships; an account already there keeps its password."""
    with rls.acting(Actor.system(territory).context):
        organisations = {row.key: row for row in Organisation.objects.filter(territory=territory)}
        for account in DEMO_ACCOUNTS:
            user = User.objects.filter(email=account.email).first()
            if user is None:
                user = User.objects.create_user(account.email, DEMO_PASSWORD, name=account.label)
            if isinstance(account.role, PlatformRole):
                services.appoint(email=user.email, name=user.name, role=account.role, by=PlatformActor.system())
                continue
            for key, role in ((account.organisation_key, account.role), *account.also):
                Membership.objects.get_or_create(user=user, organisation=organisations[key], role=role)


def settle_finances(territory: Territory) -> None:
    """The issuers' finance settings and the debtors' addresses. Left alone where somebody typed some."""
    staff = _actor(territory, Role.GESTIONNAIRE)
    with rls.acting(staff.context):
        organisations = {row.key: row for row in Organisation.objects.filter(territory=territory)}
        for key, (values, tables) in FINANCES.items():
            if not organisations[key].finance:
                save_finance(organisation=organisations[key], by=staff, values=values, tables=tables)
        for key, address in ADDRESSES.items():
            if not organisations[key].postal_code:
                update_organisation(organisation=organisations[key], by=staff, **address)


def take_through_circuit(territory: Territory, reference: str) -> None:
    """Take over the published text and sign it, through the services the pages use. Nothing when already begun.

    The text was approved before anybody had Cosigne: its version carries the day of the vote it is annexed to, and says
    so; the signatures follow that day, as they did on paper.
    """
    staff = _actor(territory, Role.GESTIONNAIRE)
    with rls.acting(staff.context):
        convention = Convention.objects.get(territory=territory, reference=reference)
        if not convention.is_editable:
            return
        _make_enforceable(territory)
        for key, vote in AUTHORISED[reference].items():
            deliberation = Deliberation.objects.get(territory=territory, key=vote)
            convention.parties.filter(organisation__key=key).update(deliberation=deliberation)
        take_over_convention(convention=convention, approved_on=VOTED_ON, source=SOURCE, by=staff)
        start_signature(convention=convention, by=staff)
        for signatory in convention.signatories.all():
            record_signature(convention=convention, signatory=signatory, signed_on=SIGNED_ON, by=staff)


def submit(territory: Territory, reference: str) -> None:
    """Hand one draft to the préfecture. Nothing when already done."""
    staff = _actor(territory, Role.GESTIONNAIRE)
    with rls.acting(staff.context):
        convention = Convention.objects.get(territory=territory, reference=reference)
        if convention.is_editable:
            submit_convention(convention=convention, by=staff)


def fund_association(territory: Territory) -> None:
    """The grants of the association's four posts (A14 to A17): asked for, the Département's awarded by its vote.

    The vote of 3 July 2023 attributes them (articles 19, 21, 23 and 25). What was asked and paid is an assumption.
    Nothing when already done.
    """
    staff, employer = _actor(territory, Role.GESTIONNAIRE), _actor(territory, Role.EMPLOYEUR)
    with rls.acting(staff.context):
        plans = FundingPlan.objects.filter(territory=territory, employer=employer.organisation, grants__isnull=True)
        for plan in plans.order_by("key"):
            prepare_plan_grants(plan=plan, by=staff)
    with rls.acting(employer.context):
        asked = Grant.objects.visible_to(employer).filter(status=GrantStatus.A_DEMANDER)  # type: ignore[attr-defined]
        # The State's are left to ask for: the pages show what a late request looks like.
        for grant in asked.exclude(share_ref="etat"):
            request_grant(grant=grant, requested_on=REQUESTED_ON, by=employer)
    with rls.acting(staff.context):
        for key, article in ARTICLES.items():
            voted = Grant.objects.filter(territory=territory, plan__key=key, share_ref="departement")
            for grant in voted.filter(status=GrantStatus.DEMANDEE):
                decision = f"Délibération 2023-332, article {article}"
                award_grant(grant=grant, awarded_on=VOTED_ON, decision=decision, by=staff)
        for key, amount, day, number in PAID:
            for grant in Grant.objects.filter(territory=territory, plan__key=key, share_ref="departement"):
                record_payment(grant=grant, amount=amount, paid_on=day, number=number, by=staff)


def join_bilan(territory: Territory) -> None:
    """The act joins the bilan of 2022, whole, as its annexe 1. Left alone where somebody wrote the dossier."""
    staff = _actor(territory, Role.GESTIONNAIRE)
    with rls.acting(staff.context):
        vote = Deliberation.objects.get(territory=territory, key="62-2023-332")
        if not CommissionFile.objects.filter(deliberation=vote).exists():
            data = {"context": "", "points": "", "visas": VISAS, "bilan_year": 2022, "bilan_version": ""}
            save_commission_file(deliberation=vote, data=data, by=staff)


def detail_months(territory: Territory) -> None:
    """A year of detailed months for one post, invented: the act has annual figures only."""
    staff = _actor(territory, Role.GESTIONNAIRE)
    with rls.acting(staff.context):
        detail_one_post(by=staff)


def _make_enforceable(territory: Territory) -> None:
    key, organisation, day, published = ASSUMED_VOTE
    Deliberation.objects.get_or_create(
        territory=territory,
        key=key,
        defaults={
            "organisation": Organisation.objects.get(territory=territory, key=organisation),
            "body": "Conseil communautaire",
            "date": day,
            "transmitted_on": published,
            "published_on": published,
            "stated": {"note": VOTED},
        },
    )
    for deliberation in Deliberation.objects.filter(territory=territory, key__in=ENFORCEABLE, published_on=None):
        deliberation.transmitted_on, deliberation.published_on = ENFORCEABLE[deliberation.key]
        deliberation.save()


def _actor(territory: Territory, role: Role) -> Actor:
    """The demo account of ``role``, as the services see it."""
    account = next(account for account in DEMO_ACCOUNTS if account.role == role)
    with rls.acting(Actor.system(territory).context):
        membership = Membership.objects.select_related("user", "organisation", "territory").get(
            user__email=account.email, role=role
        )
        return Actor.of(membership)
