"""The signature circuit: links, codes, proofs, refusals, delegation, reminders; half on paper, half electronic."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, InternalError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conventions import services
from conventions.enums import Status
from core import rls
from core.errors import BusinessError, Conflict, InvalidInput, NotAllowed
from reporting.circuit import answering, links, opening
from reporting.circuit.files import current_file
from reporting.circuit.record import digest_of
from reporting.enums import CircuitState, Mode
from reporting.models import (
    CircuitEvent,
    OneTimeCode,
    SignatureCircuit,
    SignatureEvidence,
    SignatureStep,
    SignedFile,
    SigningLink,
)
from reporting.seal.pdf import verify
from reporting.tasks import remind_signatories
from tests.reporting import circuit_world
from tests.reporting.circuit_world import (
    PARTIES,
    CircuitWorld,
    code_in,
    email_of,
    sign_on_page,
)

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file .*sRGB2014:ResourceWarning")

shared_world, world = circuit_world.shared_world, circuit_world.world


def rows(world: CircuitWorld, model: Any, **filters: Any) -> list[Any]:
    with world.cast.acting("gestionnaire"):
        return list(model.objects.filter(**filters).order_by("pk"))


def acts(world: CircuitWorld) -> list[str]:
    return [event.act for event in rows(world, CircuitEvent)]


# --- By code ----------------------------------------------------------------------------------------------------------


def test_four_people_sign_by_code_and_the_convention_is_signed(world: CircuitWorld):
    world.open()
    assert world.fresh().status == Status.EN_SIGNATURE
    assert sorted(m.to[0] for m in mail.outbox) == sorted(email_of(key) for key in PARTIES)
    client = Client()
    page = client.get(world.address("epci_a")).content.decode()
    assert "62-NEUVE" in page
    assert "douze mille" not in page
    assert "12 000,00" in page.replace("\u202f", " ").replace("\xa0", " ")
    for key in PARTIES:
        answer = sign_on_page(client, world.address(key))
        assert answer.status_code == 302, answer.content.decode()
    assert world.fresh().status == Status.SIGNEE
    with world.cast.acting("gestionnaire"):
        current = current_file(world.version)
        assert SignatureCircuit.objects.get().state == CircuitState.DONE
    found = verify(current.data)
    assert found.untouched
    assert found.sealed
    assert {field.name for field in found.fields} == {"cachet", "sig-1", "sig-2", "sig-3", "sig-4"}
    assert all(field.bottom_line for field in found.fields)
    files = rows(world, SignedFile)
    assert [file.sequence for file in files] == [1, 2, 3, 4]
    world.jobs.run()
    done = [m for m in mail.outbox if "signée par toutes les parties" in m.subject]
    assert len(done) == 4


def test_the_proof_says_who_what_when_and_its_level(world: CircuitWorld):
    world.open()
    before = current_in(world)
    client = Client(headers={"user-agent": "Navigateur d'essai"}, REMOTE_ADDR="203.0.113.77")
    sign_on_page(client, world.address("epci_a"))
    [proof] = rows(world, SignatureEvidence)
    content = proof.content
    assert proof.sha256 == digest_of(content)
    assert content["signataire"]["personne"] == "Camille Epci"
    assert content["signataire"]["champ"] == "sig-4"
    assert content["document"]["sha256_presente"] == before.sha256
    assert content["version"]["sha256_contenu"] == world.version.sha256
    assert content["adresse"] == email_of("epci_a")
    assert content["connexion"] == {"adresse_ip": "203.0.113.0/24", "navigateur": "Navigateur d'essai"}
    assert content["accord"].startswith("J'ai lu la convention 62-NEUVE, version 1")
    assert "ni avancée, ni qualifiée" in content["niveau"]
    assert content["code"]["essais"] == 1
    with world.cast.acting("gestionnaire"):
        assert current_file(world.version).data.startswith(before.data)
    answer = world.cast.client("finances_a").get(reverse("signature-proof", args=[proof.uuid]))
    assert hashlib.sha256(answer.content).hexdigest() == proof.sha256
    assert json.loads(answer.content) == content
    # Another party sees the signature, not its proof.
    with world.cast.acting("finances_b"):
        assert not SignatureEvidence.objects.exists()


def current_in(world: CircuitWorld):
    with world.cast.acting("gestionnaire"):
        return current_file(world.version)


def test_nothing_of_the_proofs_and_the_log_is_rewritten(world: CircuitWorld):
    world.open()
    sign_on_page(Client(), world.address("epci_a"))
    with world.cast.acting("gestionnaire"):
        for table in ("signatureevidence", "signedfile", "circuitevent"):
            with pytest.raises((InternalError, IntegrityError)), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"UPDATE reporting_{table} SET updated_at = now()")
            with connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM reporting_{table}")
                assert cursor.rowcount == 0


def test_a_wrong_code_is_counted_and_five_end_it(world: CircuitWorld):
    world.open()
    client, address = Client(), world.address("epci_a")
    client.post(address, {"acte": "code"})
    good = code_in(mail.outbox)
    wrong = f"{(int(good) + 1) % 10**6:06d}"
    for left in (4, 3, 2, 1):
        page = client.post(address, {"acte": "signer", "code": wrong, "consent": "on"})
        assert page.status_code == 422
        assert f"Il reste {left} essai" in page.content.decode()
    assert "cinq essais" in client.post(address, {"acte": "signer", "code": wrong, "consent": "on"}).content.decode()
    refused = client.post(address, {"acte": "signer", "code": good, "consent": "on"})
    assert refused.status_code == 422
    assert not rows(world, SignatureEvidence)
    # Another code serves.
    assert sign_on_page(client, address).status_code == 302
    assert len(rows(world, SignatureEvidence)) == 1


def test_a_code_is_not_kept_in_clear_serves_once_and_expires(world: CircuitWorld, time_machine):
    world.open()
    client, address = Client(), world.address("epci_a")
    client.post(address, {"acte": "code"})
    first = code_in(mail.outbox)
    [row] = rows(world, OneTimeCode)
    assert first not in json.dumps([row.code_hash, row.email])
    client.post(address, {"acte": "code"})
    second = code_in(mail.outbox)
    if first != second:
        assert client.post(address, {"acte": "signer", "code": first, "consent": "on"}).status_code == 422
    time_machine.move_to(timezone.now() + dt.timedelta(minutes=answering.CODE_MINUTES + 1))
    late = client.post(address, {"acte": "signer", "code": second, "consent": "on"})
    assert "Aucun code n&#x27;est valable" in late.content.decode()
    assert not rows(world, SignatureEvidence)


def test_without_consent_nothing_is_signed_and_the_code_stays(world: CircuitWorld):
    world.open()
    client, address = Client(), world.address("epci_a")
    client.post(address, {"acte": "code"})
    code = code_in(mail.outbox)
    page = client.post(address, {"acte": "signer", "code": code})
    assert page.status_code == 422
    assert "Cochez la case" in page.content.decode()
    assert client.post(address, {"acte": "signer", "code": code, "consent": "on"}).status_code == 302


def test_asking_for_codes_again_and_again_is_refused(world: CircuitWorld):
    world.open()
    client, address = Client(), world.address("epci_a")
    for _ in range(6):
        page = client.post(address, {"acte": "code"}, follow=True)
    assert "Trop de codes ont été demandés" in page.content.decode()
    assert len(rows(world, OneTimeCode)) == 5


# --- Links ------------------------------------------------------------------------------------------------------------


def test_a_link_is_sent_again_without_destroying_the_first_and_revoked(world: CircuitWorld, time_machine):
    world.open()
    address = world.address("epci_a")
    step, by = world.step("epci_a"), world.cast.actor("gestionnaire")
    [link] = rows(world, SigningLink, step=step)
    assert address.split("/")[2] not in json.dumps(link.token_hash)
    assert link.token_hash == links.digest(address.split("/")[2])
    with world.cast.acting("gestionnaire"), pytest.raises(Conflict, match="deux minutes"):
        opening.resend_link(step=step, by=by)
    time_machine.move_to(timezone.now() + dt.timedelta(days=31))
    assert Client().get(address).status_code == 410
    assert "a expiré" in Client().get(address).content.decode()
    with world.cast.acting("gestionnaire"):
        opening.resend_link(step=step, by=by)
    assert Client().get(address).status_code == 200
    assert Client().get(f"{address}document.pdf").content[:5] == b"%PDF-"
    with world.cast.acting("gestionnaire"):
        opening.revoke_link(step=step, by=by)
    assert "révoqué" in Client().get(address).content.decode()
    assert Client().get(f"{address}document.pdf").status_code == 410
    assert Client().post(address, {"acte": "code"}).status_code == 410


def test_an_invented_or_altered_link_opens_nothing(world: CircuitWorld):
    world.open()
    address = world.address("epci_a")
    for wrong in ("/signer/x/", address[:-2] + ("A/" if address[-2] != "A" else "B/")):
        assert Client().get(wrong).status_code == 404
        assert Client().get(f"{wrong}document.pdf").status_code == 404


def test_a_visitor_s_link_shows_postgresql_one_row(world: CircuitWorld):
    world.open()
    token = world.address("epci_a").split("/")[2]
    with rls.acting(rls.NOBODY), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reporting_signinglink")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT set_config('cosigne.link', %s, true)", [links.digest(token)])
        cursor.execute("SELECT email FROM reporting_signinglink")
        assert cursor.fetchall() == [(email_of("epci_a"),)]
        for table in ("signaturestep", "signaturecircuit", "onetimecode", "signatureevidence"):
            cursor.execute(f"SELECT count(*) FROM reporting_{table}")
            assert cursor.fetchone() == (0,), table
        cursor.execute("UPDATE reporting_signinglink SET expires_at = now()")
        assert cursor.rowcount == 0


def test_a_suspended_territory_is_not_entered_by_a_link(world: CircuitWorld):
    world.open()
    address = world.address("epci_a")
    territory = world.cast.territory["here"]
    with world.cast.acting("plateforme"):
        territory.suspended_at, territory.suspended_reason = timezone.now(), "Contrôle"
        territory.save()
    try:
        assert Client().get(address).status_code == 404
    finally:
        with world.cast.acting("plateforme"):
            territory.suspended_at, territory.suspended_reason = None, ""
            territory.save()


# --- In the product ---------------------------------------------------------------------------------------------------


def test_a_member_finds_what_is_to_sign_and_only_the_addressee_signs_by_code(world: CircuitWorld):
    world.open()
    url = reverse("convention-countersign", args=[world.convention.uuid, world.signatory["epci_a"].uuid])
    client = world.cast.client("finances_a")
    assert url in client.get(reverse("home")).content.decode()
    assert url in client.get(reverse("to-sign")).content.decode()
    assert client.get(url).status_code == 200
    assert client.post(url, {"acte": "code"}).status_code == 403
    with world.cast.acting("gestionnaire"):
        opening.change_way(
            step=world.step("epci_a"),
            mode=Mode.CODE,
            email="finances_a@exemple.fr",
            by=world.cast.actor("gestionnaire"),
        )
    assert sign_on_page(client, url).status_code == 302
    [proof] = rows(world, SignatureEvidence)
    assert proof.content["acces"] == "compte de l'organisation"
    assert url not in client.get(reverse("to-sign")).content.decode()


def test_another_party_cannot_answer_for_one_s_own(world: CircuitWorld):
    world.open()
    url = reverse("convention-countersign", args=[world.convention.uuid, world.signatory["departement"].uuid])
    client = world.cast.client("finances_a")
    assert client.get(url).status_code == 403
    assert client.post(url, {"acte": "refuser", "reason": "Non"}).status_code == 403


# --- Order, mandate, vote ---------------------------------------------------------------------------------------------


def test_in_sequence_each_is_called_in_turn(world: CircuitWorld):
    world.open(in_sequence=True)
    assert [m.to for m in mail.outbox] == [[email_of("prefecture")]]
    page = Client().get(world.address("epci_a")).content.decode()
    assert "pas encore votre tour" in page
    answer = Client().post(world.address("epci_a"), {"acte": "code"}, follow=True)
    assert "pas encore votre tour" in answer.content.decode()
    sign_on_page(Client(), world.address("prefecture"))
    mail.outbox.clear()
    world.jobs.run()
    assert [email_of("gendarmerie")] in [m.to for m in mail.outbox if "attendue" in m.subject]
    assert [email_of("departement")] not in [m.to for m in mail.outbox]


def test_mandate_rules_hold_and_nothing_is_half_signed(world: CircuitWorld):
    world.open()
    with world.cast.acting("gestionnaire"):
        mandate = world.cast.mandate["epci_a"]
        mandate.end = timezone.localdate() - dt.timedelta(days=1)
        mandate.save()
    client, address = Client(), world.address("epci_a")
    client.post(address, {"acte": "code"})
    page = client.post(address, {"acte": "signer", "code": code_in(mail.outbox), "consent": "on"})
    assert page.status_code == 422
    assert "ne couvre pas" in page.content.decode()
    assert not rows(world, SignedFile)
    assert not rows(world, SignatureEvidence)
    with world.cast.acting("gestionnaire"):
        mandate.end = None
        mandate.save()


# --- Refusing, delegating, cancelling ---------------------------------------------------------------------------------


def test_a_refusal_suspends_tells_the_staff_and_is_taken_up(world: CircuitWorld):
    circuit = world.open()
    client = Client()
    assert client.post(world.address("epci_a"), {"acte": "refuser", "reason": ""}).status_code == 422
    mail.outbox.clear()
    client.post(world.address("epci_a"), {"acte": "refuser", "reason": "Le montant a changé."})
    world.jobs.run()
    [told] = mail.outbox
    assert told.to == ["gestionnaire@exemple.fr"]
    assert "Le montant a changé." in told.body
    page = client.post(world.address("departement"), {"acte": "code"}, follow=True).content.decode()
    assert "le circuit est suspendu" in page
    by = world.cast.actor("gestionnaire")
    assert "Répondre" in world.cast.client("gestionnaire").get("/").content.decode()
    with world.cast.acting("gestionnaire"):
        with pytest.raises(InvalidInput):
            opening.resume_circuit(circuit=circuit, reason=" ", by=by)
        opening.resume_circuit(circuit=circuit, reason="Montant expliqué.", by=by)
    assert sign_on_page(client, world.address("epci_a")).status_code == 302
    assert acts(world).count("refused") == 1


def test_a_delegate_of_the_same_body_signs_once_the_staff_agrees(world: CircuitWorld):
    world.open()
    with world.cast.acting("gestionnaire"):
        from parties.models import Mandate

        delegate = Mandate.objects.create(
            organisation=world.cast.org["epci_a"], key="adjoint", person="Dominique Martin", function="vice-présidente",
            gender="f", start=dt.date(2024, 1, 1),
        )  # fmt: skip
    client, former = Client(), world.address("epci_a")
    body = {"acte": "deleguer", "mandate": str(world.cast.mandate["departement"].uuid), "email": "d.martin@exemple.fr"}
    assert client.post(former, body).status_code == 422
    assert client.post(former, body | {"mandate": str(delegate.uuid)}).status_code == 302
    by = world.cast.actor("gestionnaire")
    mail.outbox.clear()
    with world.cast.acting("gestionnaire"):
        opening.decide_delegation(step=world.step("epci_a"), accept=True, by=by)
    world.jobs.run()
    assert "d.martin@exemple.fr" in [m.to[0] for m in mail.outbox]
    assert client.get(former).status_code == 410
    assert sign_on_page(client, world.address("epci_a")).status_code == 302
    with world.cast.acting("gestionnaire"):
        signature = world.version.signatures.get()
        assert signature.mandate == delegate
        assert world.signatory["epci_a"].mandate != delegate
        assert rows(world, SignatureEvidence)[0].content["signataire"]["personne"] == "Dominique Martin"


def test_a_cancelled_circuit_keeps_what_was_signed_and_its_links_open_nothing(world: CircuitWorld):
    circuit = world.open()
    client = Client()
    sign_on_page(client, world.address("epci_a"))
    other = world.address("departement")
    by = world.cast.actor("gestionnaire")
    with world.cast.acting("gestionnaire"):
        with pytest.raises(InvalidInput, match="pourquoi"):
            opening.cancel_circuit(circuit=circuit, reason="", by=by)
        opening.cancel_circuit(circuit=circuit, reason="Erreur de destinataire.", by=by)
    assert client.get(other).status_code == 410
    assert len(rows(world, SignedFile)) == len(rows(world, SignatureEvidence)) == 1
    # Another circuit goes on from the same file, without asking again who has signed.
    world.open()
    assert world.step("epci_a").signed_at is not None
    sign_on_page(client, world.address("departement"))
    assert [f.fields for f in rows(world, SignedFile)] == [["sig-4"], ["sig-3"]]


def test_a_new_version_inherits_no_signature(world: CircuitWorld):
    world.open()
    client = Client()
    sign_on_page(client, world.address("epci_a"))
    former = world.address("departement")
    cast, by = world.cast, world.cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        services.reopen_convention(convention=world.fresh(), reason="Montant à revoir.", by=by)
    assert "rien à signer" in client.get(former).content.decode()
    with cast.acting("gestionnaire"):
        services.submit_convention(convention=world.fresh(), by=by)
    with cast.acting("instructeur"):
        second = services.approve_convention(convention=world.fresh(), by=cast.actor("instructeur"))
    assert "la version 2 la remplace" in client.get(former).content.decode()
    assert client.post(former, {"acte": "code"}, follow=True).status_code == 200
    assert not [m for m in mail.outbox if m.to == [email_of("departement")] and "code" in m.subject]
    first = world.version
    world.version = second
    try:
        world.open()
        with cast.acting("gestionnaire"):
            assert current_file(second).sequence == 0
            assert not second.signatures.exists()
            assert not SignatureStep.objects.filter(circuit__version=second, signed_at__isnull=False).exists()
            assert SignatureCircuit.objects.get(version=first).state == CircuitState.CANCELLED
            assert first.signatures.count() == 1
    finally:
        world.version = first


# --- Reminders, rights ------------------------------------------------------------------------------------------------


def test_reminders_leave_every_so_many_days_and_not_more(world: CircuitWorld, time_machine):
    world.open(remind_days=5)
    sign_on_page(Client(), world.address("epci_a"))
    world.jobs.run()
    mail.outbox.clear()
    now = timezone.now()
    for days, expected in ((4, 0), (6, 3), (8, 0), (12, 3)):
        time_machine.move_to(now + dt.timedelta(days=days))
        remind_signatories(timestamp=0)
        remind_signatories(timestamp=0)
        world.jobs.run()
        assert len(mail.outbox) == expected, days
        assert email_of("epci_a") not in [m.to[0] for m in mail.outbox]
        mail.outbox.clear()


def test_a_manual_reminder_is_not_sent_twice_at_once(world: CircuitWorld, time_machine):
    world.open()
    step, by = world.step("epci_a"), world.cast.actor("gestionnaire")
    time_machine.move_to(timezone.now() + dt.timedelta(hours=1))
    mail.outbox.clear()
    with world.cast.acting("gestionnaire"):
        opening.remind(step=step, by=by)
        with pytest.raises(Conflict, match="deux minutes"):
            opening.remind(step=step, by=by)
    world.jobs.run()
    assert [m.to for m in mail.outbox] == [[email_of("epci_a")]]


@pytest.mark.parametrize("who", ["instructeur", "finances_a", "partenaire"])
def test_others_do_not_run_the_circuit(world: CircuitWorld, who: str):
    circuit = world.open()
    by = world.cast.actor(who)
    step = world.step("epci_a")
    for do in (
        lambda: opening.cancel_circuit(circuit=circuit, reason="Non", by=by),
        lambda: opening.remind(step=step, by=by),
        lambda: opening.open_circuit(version=world.version, ways=[], by=by, site=""),
        lambda: opening.decide_delegation(step=step, accept=True, by=by),
    ):
        with world.cast.acting(who), pytest.raises(NotAllowed):
            do()


def test_what_is_missing_is_said_beside_the_person(world: CircuitWorld):
    signatory = world.signatory["epci_a"]
    by = world.cast.actor("gestionnaire")
    with world.cast.acting("gestionnaire"):
        for way, place in (
            (opening.Way(signatory, Mode.CODE, ""), "email"),
            (opening.Way(signatory, Mode.CODE, "pas une adresse"), "email"),
            (opening.Way(signatory, "fax", ""), "mode"),
        ):
            with pytest.raises(InvalidInput) as refused, transaction.atomic():
                opening.open_circuit(version=world.version, ways=[way], by=by, site="https://x")
            assert refused.value.place == f"{place}-{signatory.uuid}"
        assert world.fresh().status == Status.APPROUVEE
        with pytest.raises(BusinessError, match="aucun signataire"), transaction.atomic():
            opening.open_circuit(version=world.version, ways=[], by=by, site="https://x")


def test_the_pages_of_the_staff(world: CircuitWorld):
    client = world.cast.client("gestionnaire")
    url = reverse("convention-circuit", args=[world.convention.uuid])
    assert url in client.get(f"{world.convention.get_absolute_url()}?onglet=signatures").content.decode()
    body: dict[str, Any] = {"remind_days": "7"}
    for rank, (key, signatory) in enumerate(world.signatory.items(), start=1):
        body |= {f"mode-{signatory.uuid}": "code", f"rank-{signatory.uuid}": str(rank)}
        body[f"email-{signatory.uuid}"] = email_of(key) if key != "epci_a" else ""
    wrong = client.post(url, body)
    assert wrong.status_code == 422
    assert "adresse à laquelle le code sera envoyé" in wrong.content.decode()
    body[f"email-{world.signatory['epci_a'].uuid}"] = email_of("epci_a")
    assert client.post(url, body).status_code == 302
    tab = client.get(f"{world.convention.get_absolute_url()}?onglet=signatures").content.decode()
    assert "Circuit de signature" in tab
    step = reverse("convention-step", args=[world.convention.uuid, world.signatory["epci_a"].uuid])
    assert email_of("epci_a") in client.get(step).content.decode()
    listed = client.get(reverse("signatures")).content.decode()
    assert listed.count("62-NEUVE") >= 4
    assert "Boulonnais" not in client.get(f"{reverse('signatures')}?q=sud-artois").content.decode().split("<tbody>")[1]


def test_the_list_costs_the_same_for_one_and_for_four(world: CircuitWorld, django_assert_max_num_queries):
    from django.test.utils import CaptureQueriesContext

    world.open()
    client = world.cast.client("gestionnaire")
    client.get(reverse("signatures"))
    with CaptureQueriesContext(connection) as four:
        client.get(reverse("signatures"))
    for key in PARTIES[1:]:
        sign_on_page(Client(), world.address(key))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("signatures"))
    assert len(one) == len(four)
