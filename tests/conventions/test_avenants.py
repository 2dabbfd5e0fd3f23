"""Avenants: their life, their text, and the convention as in force on a day."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from conventions import tasks as conventions_tasks
from conventions.avenant_workflow import ACTS
from conventions.enums import AvenantStatus, ChangeKind
from conventions.models import AvenantTransition, Convention, Party, Signatory
from conventions.services import avenants
from conventions.services.signing import awaited, current_version, record_signature, version_to_sign
from conventions.situation import situation_on
from conventions.text import content_hash
from conventions.text.avenant import avenant_content
from core.errors import BusinessError, Conflict, InvalidInput, NotAllowed
from funding.amendments import figures_on
from funding.models import Share, Titre
from tests.cast import YEAR, Cast
from tests.conventions.avenant_cast import (
    TODAY,
    approve,
    draft_avenant,
    sign_all,
    signed_avenant,
    signed_convention,
)

pytestmark = pytest.mark.django_db

MARCH, JULY, OCTOBER = dt.date(YEAR, 3, 1), dt.date(YEAR, 7, 1), dt.date(YEAR, 10, 1)
DEPARTEMENT = "plan-e/departement"


def amount(value: str, target: str = DEPARTEMENT) -> tuple[str, str, dict]:
    return ChangeKind.SHARE, target, {"amount": value}


@pytest.fixture
def signed(cast: Cast, time_machine):
    time_machine.move_to(TODAY, tick=False)
    convention = signed_convention(cast)
    with cast.acting("gestionnaire"):
        yield convention


def figure(convention: Convention, day: dt.date, ref: str = "departement") -> Decimal | None:
    [plan] = situation_on(convention, day).plans
    return next(row.amount for row in plan.figures if row.ref == ref)


# --- Life -------------------------------------------------------------------------------------------------------------


def test_an_avenant_has_the_same_life_as_its_convention_and_its_own_log(cast, signed):
    avenant = draft_avenant(cast, signed, amount("13000.00"), on=MARCH)
    assert avenant.number == 1
    assert {p.organisation.key for p in avenant.parties} == {p.organisation.key for p in signed.parties.all()}
    approve(cast, avenant)
    version = version_to_sign(avenant)
    assert version.avenant == avenant
    assert version.sha256 == content_hash(version.content)
    # The base text stays the one the convention is read from.
    assert current_version(signed).avenant_id is None
    sign_all(cast, avenant)
    assert avenant.status == AvenantStatus.SIGNEE
    assert avenant.signed_on == dt.date(YEAR, 3, 10)
    acts = list(AvenantTransition.objects.filter(avenant=avenant).values_list("act", flat=True))
    assert acts == ["create", "submit", "approve", "circulate", "complete"]
    with pytest.raises(DatabaseError), transaction.atomic():
        AvenantTransition.objects.filter(avenant=avenant).update(reason="Autre")


def test_its_parties_are_not_those_of_the_convention(cast, signed):
    before = signed.parties.count(), signed.signatories.count(), signed.versions.count()
    avenant = draft_avenant(
        cast,
        signed,
        (ChangeKind.PARTY_ADDED, "epci-b", {"roles": ["financeur"]}),
        on=JULY,
        title="Entrée du Boulonnais",
    )
    approve(cast, avenant)
    assert (signed.parties.count(), signed.signatories.count(), signed.versions.count()) == before
    assert Party.objects.filter(convention=signed).count() == before[0] + avenant.parties.count()
    assert Signatory.objects.filter(avenant=avenant).count() == before[1] + 1


@pytest.mark.parametrize("act", sorted(set(ACTS) - {"submit", "abandon"}))
def test_an_act_from_the_wrong_state_is_refused_and_says_so(cast, signed, act):
    from conventions.avenant_workflow import advance

    avenant = draft_avenant(cast, signed, amount("13000.00"), on=MARCH)
    person = "instructeur" if act in ("approve", "send_back") else "gestionnaire"
    with pytest.raises(BusinessError, match="n'est plus possible"):
        advance(avenant, act, by=cast.actor(person), reason="X")


def test_roles_hold(cast, signed):
    avenant = draft_avenant(cast, signed, amount("13000.00"), on=MARCH)
    for person in ("finances_a", "partenaire"):
        with pytest.raises(NotAllowed):
            avenants.submit_avenant(avenant=avenant, by=cast.actor(person))
    avenants.submit_avenant(avenant=avenant, by=cast.actor("gestionnaire"))
    with pytest.raises(NotAllowed):
        avenants.approve_avenant(avenant=avenant, by=cast.actor("gestionnaire"))


def test_nothing_to_change_an_unsigned_convention_or_a_stale_form_is_refused(cast, signed):
    by = cast.actor("gestionnaire")
    empty = avenants.create_avenant(convention=signed, title="Rien", effective_on=MARCH, by=by)
    with pytest.raises(BusinessError, match="ne change rien"):
        avenants.submit_avenant(avenant=empty, by=by)
    with pytest.raises(BusinessError, match="ne change qu'une convention signée"):
        avenants.create_avenant(convention=cast.convention["b"], title="Trop tôt", effective_on=MARCH, by=by)
    with pytest.raises(Conflict, match="modifié pendant"):
        avenants.update_avenant(avenant=empty, data={"title": "Autre"}, by=by, expected=empty.lock_version - 1)
    with pytest.raises(InvalidInput, match="prend fin le 31 décembre"):
        avenants.update_avenant(avenant=empty, data={"effective_on": dt.date(YEAR + 2, 1, 1)}, by=by)


def test_a_new_version_never_inherits_a_signature(cast, signed):
    by = cast.actor("gestionnaire")
    avenant = draft_avenant(cast, signed, amount("13000.00"), on=MARCH)
    approve(cast, avenant)
    avenants.start_avenant_signature(avenant=avenant, by=by)
    first = version_to_sign(avenant)
    signatory = awaited(signed, first)[0]
    record_signature(convention=signed, signatory=signatory, signed_on=dt.date(YEAR, 3, 10), by=by)
    avenants.reopen_avenant(avenant=avenant, reason="Montant à revoir", by=by)
    avenants.save_change(avenant=avenant, kind=ChangeKind.SHARE, target=DEPARTEMENT, data={"amount": "13500.00"}, by=by)
    approve(cast, avenant)
    avenants.start_avenant_signature(avenant=avenant, by=by)
    second = version_to_sign(avenant)
    assert (second.number, len(awaited(signed, second))) == (2, 4)
    assert first.signatures.count() == 1
    with pytest.raises(BusinessError, match="remplacée par la version 2"):
        record_signature(convention=signed, signatory=signatory, signed_on=dt.date(YEAR, 3, 10), by=by, version=first)
    with pytest.raises(InvalidInput, match="pas de ce document"):
        record_signature(
            convention=signed,
            signatory=signatory,
            signed_on=dt.date(YEAR, 3, 10),
            by=by,
            version=current_version(signed),
        )


def test_a_local_authority_signs_its_avenant_with_a_vote_of_its_own(cast, signed):
    by = cast.actor("gestionnaire")
    avenant = avenants.create_avenant(convention=signed, title="Montants", effective_on=MARCH, by=by)
    avenants.save_change(avenant=avenant, kind=ChangeKind.SHARE, target=DEPARTEMENT, data={"amount": "13000"}, by=by)
    approve(cast, avenant)
    avenants.start_avenant_signature(avenant=avenant, by=by)
    signatory = avenant.signatories.get(party__organisation=cast.org["departement"])
    with pytest.raises(BusinessError, match="Aucune délibération"):
        record_signature(convention=signed, signatory=signatory, signed_on=dt.date(YEAR, 3, 10), by=by)


# --- Text -------------------------------------------------------------------------------------------------------------


def test_the_text_is_generated_from_the_changes(cast, signed):
    avenant = draft_avenant(
        cast,
        signed,
        amount("13000.00"),
        (ChangeKind.PERIOD, "", {"end": f"{YEAR + 1}-06-30"}),
        (ChangeKind.CLAUSE_REPLACED, "comite_pilotage", {"title": "", "text": "Le comité se réunit deux fois par an."}),
        (
            ChangeKind.CLAUSE_ADDED,
            "",
            {"title": "Télétravail", "text": "Un jour par semaine.", "follows": "temps_travail"},
        ),
        (ChangeKind.CLAUSE_REMOVED, "communication", {}),
        on=MARCH,
    )
    content = avenant_content(avenant)
    text = [block.get("text", "") for article in content["articles"] for block in article["blocks"]]
    articles = current_version(signed).content["articles"]
    number, titles = {a["kind"]: a["number"] for a in articles}, {a["kind"]: a["title"] for a in articles}
    expected = [
        "La fin de la convention, fixée au 31 décembre 2026, est reportée au 30 juin 2027.",
        "Le montant de la contribution du Département du Pas-de-Calais pour 2026 est porté de 12 000,00 €"
        " (douze mille euros) à 13 000,00 € (treize mille euros).",
        f"L'article {number['comite_pilotage']} « {titles['comite_pilotage']} » est remplacé par les dispositions"
        " suivantes :",
        "« Le comité se réunit deux fois par an. »",
        f"Après l'article {number['temps_travail']}, il est inséré un article {number['temps_travail']}-1 ainsi"
        " rédigé :",
        "Le présent avenant prend effet le 1er mars 2026.",
    ]
    plain = [t.replace("\u202f", " ").replace("\xa0", " ") for t in text]
    for sentence in expected:
        assert sentence in plain, sentence
    assert any("est supprimé" in t for t in plain)
    assert "demeurent inchangées" in plain[-1]
    assert [a["number"] for a in content["articles"]] == list(range(1, len(content["articles"]) + 1))
    # Its own visas: the convention it changes, and the votes of those who sign it.
    assert content["visas"][0] == "Vu la convention 62-NEUVE signée le 10 mars 2026 ;"
    assert sum("2026-A1" in visa for visa in content["visas"]) == 2
    [table] = [b for a in content["articles"] for b in a["blocks"] if b["type"] == "table"]
    assert [cell.replace("\u202f", " ").replace("\xa0", " ") for cell in table["foot"]] == [
        "Total",
        "36 000,00 €",
        "37 000,00 €",
    ]


def test_typed_clauses_keep_their_lists_and_their_bold_within_the_quotation_marks(cast, signed):
    text = "**Deux** réunions :\n\n1. au printemps\n2. à l'**automne**"
    avenant = draft_avenant(
        cast, signed, (ChangeKind.CLAUSE_REPLACED, "litiges", {"title": "", "text": text}), on=MARCH, title="Texte"
    )
    [article] = [a for a in avenant_content(avenant)["articles"] if a["title"] == "Clauses modifiées"]
    _, first, last = article["blocks"]
    assert first["text"] == "« Deux réunions :"
    assert [first["text"][start:end] for start, end in first["bold"]] == ["Deux"]
    assert (last["type"], last["items"]) == ("ol", ["au printemps ;", "à l'automne. »"])
    assert [last["items"][1][start:end] for start, end in last["bold"][1]] == ["automne"]


@pytest.mark.parametrize(
    ("kind", "target", "data", "message"),
    [
        (ChangeKind.SHARE, "plan-e/inconnue", {"amount": "1.00"}, "n'est pas à cette convention"),
        (ChangeKind.SHARE, DEPARTEMENT, {"amount": "12000.00"}, "est déjà de"),
        (ChangeKind.PERIOD, "", {"end": f"{YEAR}-12-31"}, "prend déjà fin"),
        (ChangeKind.PERIOD, "", {"end": f"{YEAR}-01-31"}, "précède la prise d'effet"),
        (ChangeKind.PARTY_ADDED, "departement", {"roles": ["financeur"]}, "déjà partie"),
        (ChangeKind.PARTY_ADDED, "epci-b", {"roles": []}, "en quelle qualité"),
        (ChangeKind.PARTY_REMOVED, "epci-b", {}, "n'est pas partie"),
        (ChangeKind.CLAUSE_REPLACED, "inconnue", {"text": "X"}, "n'est pas dans la convention"),
        (ChangeKind.CLAUSE_REPLACED, "duree", {"text": "{{ year }}"}, "tel qu'il sera signé"),
        (ChangeKind.REPEAL, "4", {}, "n'est pas signé"),
        ("autre", "", {}, "n'existe pas"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_where_it_stands(cast, signed, kind, target, data, message):
    by = cast.actor("gestionnaire")
    avenant = avenants.create_avenant(convention=signed, title="Essai", effective_on=MARCH, by=by)
    with pytest.raises(InvalidInput, match=message), transaction.atomic():
        avenants.save_change(avenant=avenant, kind=kind, target=target, data=data, by=by)
    assert not avenant.changes.exists()


# --- Situation --------------------------------------------------------------------------------------------------------


def test_an_amount_changes_on_its_date_and_the_committed_one_stays_readable(cast, signed):
    avenant = signed_avenant(cast, signed, amount("13000.00"), amount("11000.00", "plan-e/epci-a"), on=MARCH)
    plan = cast.plan["e"]
    assert figure(signed, dt.date(YEAR, 2, 28)) == Decimal("12000.00")
    assert figure(signed, MARCH) == Decimal("13000.00")
    [now] = situation_on(signed, MARCH).plans
    assert (now.total, now.committed) == (Decimal("36000.00"), Decimal("36000.00"))
    share = Share.objects.get(plan=plan, ref="departement")
    assert share.amount == Decimal("13000.00")
    assert "avenant n° 1 du 10 mars 2026 à la convention 62-NEUVE" in share.explanation["text"]
    found = figures_on(plan, MARCH)["departement"]
    assert (found.committed, found.source) == (
        Decimal("12000.00"),
        "avenant n° 1 du 10 mars 2026 à la convention 62-NEUVE",
    )
    assert avenant.effective_on == MARCH
    # Whatever writes to the share, a figure no act gave is refused by the database.
    with pytest.raises(DatabaseError, match="ne change que par un avenant"), transaction.atomic():
        Share.objects.filter(pk=share.pk).update(amount=Decimal("1.00"))


def test_a_later_date_waits_for_its_day(cast, signed, time_machine):
    from funding.services.amendments import apply_amendments

    signed_avenant(cast, signed, amount("13000.00"), on=JULY)
    plan = cast.plan["e"]
    assert Share.objects.get(plan=plan, ref="departement").amount == Decimal("12000.00")
    assert [item.avenant.number for item in situation_on(signed, MARCH).upcoming] == [1]
    time_machine.move_to(dt.datetime(YEAR, 7, 1, 6, tzinfo=dt.UTC), tick=False)
    conventions_tasks.apply_amendments(0)
    assert apply_amendments(plan=plan) == 0
    assert Share.objects.get(plan=plan, ref="departement").amount == Decimal("13000.00")
    assert Titre.objects.get(plan=plan, share_ref="departement").amount == Decimal("13000.00")


def test_overlapping_dates_an_avenant_on_an_avenant_and_a_repeal(cast, signed):
    """n° 1 from July; n° 2, signed later, from March: each says what applies from its date; n° 3 repeals n° 1."""
    signed_avenant(cast, signed, amount("13000.00"), on=JULY)
    signed_avenant(cast, signed, amount("12500.00"), on=MARCH)
    days = [dt.date(YEAR, 2, 1), MARCH, dt.date(YEAR, 6, 30), JULY, OCTOBER]
    assert [figure(signed, d) for d in days] == [Decimal(x) for x in ("12000", "12500", "12500", "13000", "13000")]
    third = draft_avenant(cast, signed, (ChangeKind.REPEAL, "1", {}), amount("12800.00"), on=OCTOBER)
    # What it changes is what is in force on its date, avenants folded in.
    [told] = [c for c in avenant_content(third)["changes"] if c["kind"] == ChangeKind.SHARE]
    assert told["before"] == {"amount": "13000.00"}
    approve(cast, third)
    sign_all(cast, third)
    days = [MARCH, JULY, dt.date(YEAR, 9, 30), OCTOBER]
    assert [figure(signed, d) for d in days] == [Decimal(x) for x in ("12500", "13000", "13000", "12800")]
    after = situation_on(signed, OCTOBER)
    assert [item.avenant.number for item in after.applied] == [2, 3]
    assert [item.avenant.number for item in after.repealed] == [1]
    # The plan and the convention agree on every day.
    for day in days:
        assert figures_on(cast.plan["e"], day)["departement"].amount == figure(signed, day)


def test_what_was_approved_on_a_situation_that_changed_is_not_signed(cast, signed):
    first = draft_avenant(cast, signed, amount("13000.00"), on=MARCH)
    approve(cast, first)
    signed_avenant(cast, signed, amount("12500.00"), on=MARCH)
    with pytest.raises(BusinessError, match="signé depuis l'approbation"):
        avenants.start_avenant_signature(avenant=first, by=cast.actor("gestionnaire"))


def test_parties_come_go_and_are_replaced(cast, signed):
    signed_avenant(cast, signed, (ChangeKind.PARTY_ADDED, "epci-b", {"roles": ["financeur"]}), on=MARCH, title="Entrée")
    signed_avenant(cast, signed, (ChangeKind.PARTY_REPLACED, "gendarmerie", {"by": "police"}), on=JULY, title="Service")
    signed_avenant(cast, signed, (ChangeKind.PARTY_REMOVED, "epci-b", {}), on=OCTOBER, title="Sortie")

    def keys(day: dt.date) -> list[str]:
        return [party.organisation.key for party in situation_on(signed, day).parties]

    base = keys(dt.date(YEAR, 2, 1))
    assert "epci-b" not in base
    assert keys(MARCH) == [*base, "epci-b"]
    assert keys(JULY) == ["police" if key == "gendarmerie" else key for key in keys(MARCH)]
    assert "epci-b" not in keys(OCTOBER)
    left = {org.key: avenant.number for org, avenant in situation_on(signed, OCTOBER).left}
    assert left == {"gendarmerie": 2, "epci-b": 3}
    police = next(p for p in situation_on(signed, JULY).parties if p.organisation.key == "police")
    assert set(police.roles) == {"service_accueil", "autorite_fonctionnelle"}


def test_clauses_are_folded_in_and_numbers_stay(cast, signed):
    signed_avenant(
        cast,
        signed,
        (ChangeKind.CLAUSE_REPLACED, "litiges", {"title": "Règlement des litiges", "text": "À l'amiable d'abord."}),
        (ChangeKind.CLAUSE_ADDED, "", {"title": "Télétravail", "text": "Un jour.", "follows": "temps_travail"}),
        (ChangeKind.CLAUSE_REMOVED, "communication", {}),
        on=MARCH,
        title="Clauses",
    )
    before = {a.kind: a for a in situation_on(signed, dt.date(YEAR, 2, 1)).articles}
    after = situation_on(signed, MARCH).articles
    by_kind = {a.kind: a for a in after}
    assert by_kind["litiges"].title == "Règlement des litiges"
    assert by_kind["litiges"].blocks == ({"type": "p", "text": "À l'amiable d'abord."},)
    assert by_kind["litiges"].label == before["litiges"].label
    assert by_kind["communication"].removed
    position = [a.kind for a in after].index("temps_travail")
    assert (after[position + 1].label, after[position + 1].title) == (
        f"{before['temps_travail'].label}-1",
        "Télétravail",
    )
    assert after[position + 1].by.number == 1
    # A second avenant replaces what the first one added.
    kind = after[position + 1].kind
    signed_avenant(
        cast, signed, (ChangeKind.CLAUSE_REPLACED, kind, {"title": "", "text": "Deux jours."}), on=JULY, title="Suite"
    )
    assert [a.blocks for a in situation_on(signed, JULY).articles if a.kind == kind] == [
        ({"type": "p", "text": "Deux jours."},)
    ]


def test_the_period_moves_what_finds_expiring_conventions(cast, signed):
    day = dt.date(YEAR + 1, 2, 1)
    assert signed in Convention.objects.expiring_before(day)
    signed_avenant(cast, signed, (ChangeKind.PERIOD, "", {"end": f"{YEAR + 1}-06-30"}), on=JULY, title="Durée")
    signed.refresh_from_db()
    assert signed.in_force_on(day)
    assert signed not in Convention.objects.expiring_before(day)
    assert signed in Convention.objects.running_on(day)
    assert not signed.in_force_on(dt.date(YEAR + 1, 7, 1))
    assert situation_on(signed, JULY).period == (dt.date(YEAR, 1, 1), dt.date(YEAR + 1, 6, 30))
    assert situation_on(signed, MARCH).period[1] == dt.date(YEAR, 12, 31) or situation_on(signed, MARCH).upcoming
    signed_avenant(cast, signed, (ChangeKind.PERIOD, "", {"end": f"{YEAR}-09-30"}), on=JULY, title="Durée")
    signed.refresh_from_db()
    assert not signed.in_force_on(dt.date(YEAR, 10, 1))
    assert signed in Convention.objects.expiring_before(dt.date(YEAR, 10, 1))


def test_several_conventions_are_folded_in_a_fixed_number_of_queries(cast, signed, django_assert_num_queries):
    from conventions.situation import situations_on

    signed_avenant(cast, signed, amount("13000.00"), on=MARCH)
    for conventions in ([signed], [signed, cast.convention["a"], cast.convention["c"]]):
        with django_assert_num_queries(5):
            found = situations_on(conventions, JULY)
            assert [len(row.applied) for row in found] == [1, 0, 0][: len(conventions)]


def test_a_body_that_signs_twice_signs_its_avenant_twice(cast, signed):
    """The second signatory of the convention is carried over; without one the avenant does not circulate."""
    from conventions.models import SigningPractice
    from parties.enums import Capacity
    from parties.models import Mandate

    by = cast.actor("gestionnaire")
    SigningPractice.objects.create(organisation=cast.org["departement"], double_signature=True)
    alone = draft_avenant(cast, signed, amount("13000.00"), on=MARCH)
    approve(cast, alone)
    with pytest.raises(BusinessError, match="signe deux fois"):
        avenants.start_avenant_signature(avenant=alone, by=by)
    officer = Mandate.objects.create(
        organisation=cast.org["departement"], key="dgs", person="Camille Dgs", function="directrice générale",
        capacity=Capacity.ADMINISTRATIVE, gender="f", start=dt.date(YEAR - 1, 1, 1),
    )  # fmt: skip
    party = signed.parties.get(organisation=cast.org["departement"])
    Signatory.objects.create(convention=signed, party=party, mandate=officer, position=9)
    twice = draft_avenant(cast, signed, amount("12500.00"), on=MARCH)
    assert twice.signatories.filter(party__organisation=cast.org["departement"]).count() == 2
    approve(cast, twice)
    sign_all(cast, twice)
    assert twice.status == AvenantStatus.SIGNEE
