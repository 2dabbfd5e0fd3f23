"""After the issue: reductions, cancellations, mandats 673, issuing again; receipts in parts; batches cancelled."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from core.errors import BusinessError, Conflict, InvalidInput
from funding.enums import TitreKind
from funding.models import ExportBatch, Receipt, Titre
from funding.services.titre_batches import cancel_batch, replaced_by, replacements_of
from funding.services.titre_corrections import cancel_titre, reduce_titre, reissue_titre, withdraw_correction
from funding.services.titre_exports import export_titres
from funding.services.titre_policies import close_exercise
from funding.services.titre_receipts import record_receipt, reverse_receipt
from funding.services.titres import propose_titres, record_issue
from funding.titre_findings import findings_of
from parties.enums import Role
from posts.models import Occupancy
from tests.funding.test_titre_export import lines
from tests.funding.titre_world import World, boulogne_2022, make_world

pytestmark = pytest.mark.django_db
JANUARY = dt.date(2023, 1, 20)


@pytest.fixture
def world(time_machine: Any) -> World:
    time_machine.move_to("2023-06-15 10:00:00+02:00")
    return make_world()


def whole_year(world: World) -> Titre:
    """The titre of 20 045 € to the EPCI of Boulogne, issued before anybody knew the post was vacant since June."""
    plan = boulogne_2022(world)
    Occupancy.objects.filter(post__plans=plan).update(end=None)
    propose_titres(plan=plan, by=world.system)
    export_titres(issuer=world.departement, year=2022, file_format="csv", by=world.system)
    titre = Titre.objects.get(debtor=world.boulonnais)
    return record_issue(titre=titre, number="41", slip_number="7", issued_on=JANUARY, by=world.system)


def vacancy_found(titre: Titre) -> None:
    Occupancy.objects.filter(post__plans=titre.plan).update(end=dt.date(2022, 5, 31))


def test_a_vacancy_found_after_the_issue_gives_the_difference(world: World) -> None:
    with world.acting():
        titre = whole_year(world)
        vacancy_found(titre)
        close_exercise(issuer=world.departement, year=2023, closed_on=dt.date(2024, 1, 31), by=world.system)
        reduction = reduce_titre(titre=titre, reason="Poste vacant depuis juin", by=world.system)
        assert (reduction.kind, reduction.amount, reduction.original) == ("reduction", Decimal("11692.92"), titre)
        assert reduction.entry_id == f"{titre.entry_id}-r1"
        told = reduction.statement["text"].replace("\u202f", " ")
        assert "20 045,00 € - 8 352,08 € = 11 692,92 €" in told
        assert "Poste vacant depuis juin" in told
        titre.refresh_from_db()
        assert (titre.corrected, titre.net, titre.status) == (Decimal("11692.92"), Decimal("8352.08"), "emis")
        with pytest.raises(BusinessError, match="rien n'est à réduire"):
            reduce_titre(titre=titre, reason="Encore", by=world.system)
        batch = export_titres(issuer=world.departement, year=2022, file_format="csv", by=world.system)
        [row] = lines(batch)
        assert (row["sens"], row["type_piece"], row["montant_ht"]) == ("A", "reduction", "11692,92")
        assert (row["id_ecriture_origine"], row["num_titre_origine"]) == (titre.entry_id, "41")
        assert row["base_liquidation"] == "20045,00 - 8352,08 = 11692,92"
        assert batch.total == Decimal("-11692.92")
        reduction.refresh_from_db()
        with pytest.raises(Conflict, match="déjà exportée"):
            withdraw_correction(correction=reduction, reason="Non", by=world.system)
        with pytest.raises((IntegrityError, InternalError), match="exporté ne se modifie"), transaction.atomic():
            Titre.objects.filter(pk=reduction.pk).update(reason="Autre")


def test_corrections_never_exceed_the_titre_even_in_raw_sql(world: World) -> None:
    with world.acting():
        titre = whole_year(world)
        first = reduce_titre(titre=titre, reason="Erreur", amount=Decimal("20000"), by=world.system)
        with pytest.raises(InvalidInput, match="réclame encore") as refused:
            reduce_titre(titre=titre, reason="Erreur", amount=Decimal("45.01"), by=world.system)
        assert refused.value.place == "amount"
        with pytest.raises((IntegrityError, InternalError), match="dépassent le montant"), transaction.atomic():
            Titre.objects.filter(pk=first.pk).update(amount=Decimal("20045.01"))
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE funding_titre SET original_id = NULL WHERE id = %s", [first.pk])
        withdraw_correction(correction=first, reason="Saisie deux fois", by=world.system)
        titre.refresh_from_db()
        assert titre.corrected == 0
        assert reduce_titre(titre=titre, reason="Erreur", amount=Decimal("45"), by=world.system).entry_id.endswith(
            "-r2"
        )


def test_a_closed_exercice_gives_a_mandat_673(world: World) -> None:
    with world.acting():
        titre = whole_year(world)
        close_exercise(issuer=world.departement, year=2023, closed_on=dt.date(2023, 5, 31), by=world.system)
        mandat = reduce_titre(titre=titre, reason="Erreur", amount=Decimal("45"), by=world.system)
        assert (mandat.kind, mandat.year) == (TitreKind.MANDAT_673, 2023)
        assert "compte 673" in mandat.statement["text"]
        [row] = lines(export_titres(issuer=world.departement, year=2023, file_format="csv", by=world.system))
        assert (row["sens"], row["type_piece"], row["nature"]) == ("D", "mandat_673", "673")
        assert row["exercice_origine"] == "2023"


def test_without_a_date_an_exercice_closes_on_31_january(world: World, time_machine: Any) -> None:
    with world.acting():
        titre = whole_year(world)
        time_machine.move_to("2024-01-31 12:00:00+01:00")
        assert reduce_titre(titre=titre, reason="x", amount=Decimal(1), by=world.system).kind == TitreKind.REDUCTION
        time_machine.move_to("2024-02-01 12:00:00+01:00")
        assert reduce_titre(titre=titre, reason="x", amount=Decimal(1), by=world.system).kind == TitreKind.MANDAT_673


def test_cancelled_then_issued_again(world: World) -> None:
    with world.acting():
        titre = whole_year(world)
        with pytest.raises(Conflict, match="annulez-le d'abord"):
            reissue_titre(titre=titre, reason="x", by=world.system)
        cancel_titre(titre=titre, reason="Mauvais débiteur", by=world.system)
        titre.refresh_from_db()
        assert (titre.net, titre.status) == (0, "emis")
        with pytest.raises(Conflict, match="déjà entièrement annulé"):
            cancel_titre(titre=titre, reason="x", by=world.system)
        vacancy_found(titre)
        again = reissue_titre(titre=titre, reason="Bon débiteur", by=world.system)
        assert (again.kind, again.original, again.amount) == ("titre", titre, Decimal("8352.08"))
        assert again.entry_id == f"{titre.entry_id}-v2"
        with pytest.raises(Conflict, match="déjà réémis"):
            reissue_titre(titre=titre, reason="x", by=world.system)
        # Preparing the plan again refreshes the new one, and makes no third.
        assert {t.pk for t in propose_titres(plan=titre.plan, by=world.system)} >= {again.pk}
        assert Titre.objects.filter(share_ref=titre.share_ref, kind="titre").count() == 2


@pytest.mark.parametrize("act", [cancel_titre, reduce_titre])
def test_only_an_issued_titre_is_corrected_and_with_a_reason(world: World, act: Any) -> None:
    with world.acting():
        plan = boulogne_2022(world)
        titre = propose_titres(plan=plan, by=world.system)[0]
        with pytest.raises(Conflict, match="corrige un titre émis"):
            act(titre=titre, reason="x", by=world.system)
        with pytest.raises(InvalidInput, match="motif"):
            act(titre=titre, reason=" ", by=world.system)


# --- Receipts ---------------------------------------------------------------------------------------------------------


def test_receipts_are_rows_whose_sum_is_exact(world: World) -> None:
    with world.acting():
        titre = whole_year(world)
        for number, amount in enumerate(["0.10", "0.20", "20000.33"]):
            day = JANUARY + dt.timedelta(days=number)
            record_receipt(titre=titre, amount=Decimal(amount), received_on=day, reference="V", by=world.system)
        titre.refresh_from_db()
        assert (titre.received, titre.balance, titre.status) == (Decimal("20000.63"), Decimal("44.37"), "emis")
        with pytest.raises(Conflict, match="distinguez-le par sa référence"):
            record_receipt(titre=titre, amount=Decimal("0.10"), received_on=JANUARY, reference="V", by=world.system)
        wrong = titre.receipts.get(amount="20000.33")
        with pytest.raises((IntegrityError, InternalError), match="contre-passez"), transaction.atomic():
            Receipt.objects.filter(pk=wrong.pk).update(amount=1)
        back = reverse_receipt(receipt=wrong, reason="Autre titre", by=world.system)
        assert (back.amount, back.reverses) == (Decimal("-20000.33"), wrong)
        with pytest.raises(Conflict, match="déjà contre-passé"):
            reverse_receipt(receipt=wrong, reason="Encore", by=world.system)
        titre.refresh_from_db()
        assert (titre.received, titre.received_on) == (Decimal("0.30"), JANUARY + dt.timedelta(days=1))


def test_too_much_received_is_kept_and_told(world: World) -> None:
    with world.acting():
        titre = whole_year(world)
        assert findings_of(titre) == []
        record_receipt(titre=titre, amount=Decimal("20050"), received_on=JANUARY, by=world.system)
        titre.refresh_from_db()
        assert (titre.status, titre.balance) == ("encaisse", Decimal("-5.00"))
        [finding] = findings_of(titre)
        assert (finding.code, finding.computed) == ("T01", "20050.00")
        reverse_receipt(receipt=titre.receipts.get(), reason="Erreur", by=world.system)
        titre.refresh_from_db()
        assert titre.status == "emis"


def test_a_reduction_settles_a_titre_already_partly_received(world: World) -> None:
    with world.acting():
        titre = whole_year(world)
        record_receipt(titre=titre, amount=Decimal("8352.08"), received_on=JANUARY, by=world.system)
        vacancy_found(titre)
        reduction = reduce_titre(titre=titre, reason="Vacance", by=world.system)
        titre.refresh_from_db()
        assert (titre.status, titre.balance) == ("encaisse", 0)
        with pytest.raises(Conflict, match="sur le titre"):
            record_receipt(titre=reduction, amount=Decimal(1), received_on=JANUARY, by=world.system)


# --- Batches ----------------------------------------------------------------------------------------------------------


def test_a_cancelled_batch_leaves_again_with_the_same_keys(world: World) -> None:
    with world.acting():
        plan = boulogne_2022(world)
        propose_titres(plan=plan, by=world.system)
        first = export_titres(issuer=world.departement, year=2022, file_format="csv", by=world.system)
        keys = {row["id_ecriture"] for row in lines(first)}
        with pytest.raises((IntegrityError, InternalError), match="exporté ne se modifie"), transaction.atomic():
            Titre.objects.update(batch=None, status="pret")
        with pytest.raises(InvalidInput, match="pourquoi"):
            cancel_batch(batch=first, reason=" ", by=world.system)
        cancel_batch(batch=first, reason="Fichier refusé par le logiciel", by=world.system)
        with pytest.raises(Conflict, match="déjà annulé"):
            cancel_batch(batch=first, reason="x", by=world.system)
        assert set(Titre.objects.values_list("status", "batch")) == {("pret", None)}
        second = export_titres(issuer=world.departement, year=2022, file_format="csv", by=world.system)
        assert {row["id_ecriture"] for row in lines(second)} == keys
        assert (replaced_by(second), replacements_of(first)) == ([first], [second])
        assert first.lines.count() == second.lines.count() == 2
        acts = list(Titre.objects.first().events.values_list("act", flat=True))
        assert acts == ["preparer", "exporter", "liberer", "exporter"]


def test_a_batch_with_an_issued_line_stays(world: World) -> None:
    with world.acting():
        titre = whole_year(world)
        with pytest.raises(Conflict, match="1 titre de ce lot est déjà émis"):
            cancel_batch(batch=titre.batch, reason="Trop tard", by=world.system)


# --- Pages ------------------------------------------------------------------------------------------------------------


def test_the_pages_do_each_act_for_the_issuer_only(world: World, client: Any) -> None:
    with world.acting():
        titre = whole_year(world)
        vacancy_found(titre)
    officer, debtor = world.actor(world.departement), world.actor(world.boulonnais)
    client.force_login(officer.user)
    base = titre.get_absolute_url()
    page = client.get(base).text
    for words in ("Enregistrer un encaissement", "Réduire le titre", "Annuler le titre", "Prescription"):
        assert words in page
    assert client.post(f"{base}reduire/", {"reason": ""}).status_code == 422
    page = client.post(f"{base}reduire/", {"reason": "Vacance"}, follow=True).text
    assert "11 692,92" in page.replace("\u202f", " ")
    assert "Suite du titre" in page
    client.post(f"{base}encaissement/", {"amount": "100", "received_on": "2023-02-01", "reference": "VIR 1"})
    with world.acting():
        receipt = Receipt.objects.get()
    answer = client.post(f"{base}contre-passer/", {"receipt": receipt.uuid, "reason": "Autre titre"}, follow=True)
    assert "contre-passé" in answer.text
    with world.acting():
        batch = ExportBatch.objects.get()
    page = client.get(batch.get_absolute_url()).text
    assert "Ce que contient le lot" in page
    assert "il ne peut plus être annulé" in page
    assert client.post(f"{batch.get_absolute_url()}annuler/", {"reason": "x"}).status_code == 422
    client.force_login(debtor.user)
    page = client.get(base).text
    assert "Encaissements" in page
    assert "Réduire le titre" not in page
    for act in ("reduire", "annuler", "encaissement", "contre-passer", "reemettre"):
        assert client.post(f"{base}{act}/", {"reason": "x"}).status_code == 404
    manager = world.actor(world.departement, Role.GESTIONNAIRE)
    client.force_login(manager.user)
    assert client.post(f"{base}reduire/", {"reason": "x"}).status_code == 403
