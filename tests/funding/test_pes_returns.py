"""PES_ACQUIT and PES Retour: matched with what was sent, shown, applied once; hostile files refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.errors import InvalidInput
from funding.models import ExportBatch, Receipt, ReturnFile, ReturnImport, Titre
from funding.returns import xml
from funding.returns.pes import lines_of, read_pes
from funding.services.finance import save_finance
from funding.services.titre_batches import cancel_batch
from funding.services.titre_exports import export_titres
from funding.services.titre_receipts import record_receipt
from funding.services.titres import propose_titres, record_issue
from parties.models import Organisation
from tests.funding.pes_returns import acquit, bordereau, error, first_acquit, piece, retour, slip
from tests.funding.test_pes_export import CODES, NUMBERS
from tests.funding.test_titre_returns import send
from tests.funding.titre_world import World, make_world, sud_artois_2023

SENT = dt.date(2024, 1, 15)


@pytest.fixture
def world(db: None, time_machine: Any) -> World:
    """Two titres of 14 665 € left on 15 January as n° 101 and 102 of bordereau 12; today is 15 June."""
    time_machine.move_to("2024-01-15 10:00:00+01:00")
    world = make_world()
    with world.acting():
        address = {"address1": "Hôtel du Département", "postal_code": "62018", "city": "Arras Cedex 9"}
        Organisation.objects.filter(pk=world.departement.pk).update(**address)
        Organisation.objects.filter(pk=world.etat.pk).update(siret="", siren="")
        save_finance(organisation=world.sud_artois, by=world.system, values=CODES, tables=NUMBERS)
        propose_titres(plan=sud_artois_2023(world), by=world.system)
        world.sud_artois.refresh_from_db()
        export_titres(issuer=world.sud_artois, year=2023, file_format="pes", by=world.system)
    time_machine.move_to("2024-06-15 10:00:00+02:00")
    return world


@pytest.fixture
def officer(world: World, client: Any) -> Any:
    client.force_login(world.actor(world.sud_artois).user)
    return client


def sent(client: Any, content: bytes, name: str = "retour.xml") -> Any:
    return send(client, content, name)


def apply(client: Any, page: Any) -> Any:
    return client.post(page.request["PATH_INFO"], follow=True)


def states(world: World) -> dict[str, str]:
    with world.acting():
        return dict(Titre.objects.values_list("sent_number", "status"))


# --- PES_ACQUIT -------------------------------------------------------------------------------------------------------


def test_an_accepted_bordereau_issues_its_titres_once(world: World, officer: Any) -> None:
    content = acquit(bordereau("12"))
    page = sent(officer, content)
    assert page.status_code == 200
    assert "Émis : titre n° 101, bordereau 12, le 15/01/2024" in page.text
    assert states(world) == {"101": "exporte", "102": "exporte"}  # a preview writes nothing
    assert "2 titres mis à jour." in apply(officer, page).text
    with world.acting():
        rows = set(Titre.objects.values_list("number", "slip_number", "issued_on", "status"))
        assert rows == {("101", "12", SENT, "emis"), ("102", "12", SENT, "emis")}
    again = sent(officer, content)
    assert "Ce fichier a déjà été appliqué" in again.text
    assert "Enregistrer ce retour" not in again.text
    apply(officer, again)
    with world.acting():
        assert list(ReturnImport.objects.order_by("pk").values_list("source", "changed", "unchanged")) == [
            ("pes", 2, 0),
            ("pes", 0, 2),
        ]
        assert ReturnFile.objects.count() == 1


def test_a_rejected_bordereau_is_shown_and_nothing_is_issued(world: World, officer: Any) -> None:
    fault = error("ERREUR_SIGNATURE_INVALIDE", "Certificat expiré")
    page = sent(officer, acquit(bordereau("12", "0", inner=fault)))
    [notice] = page.context["notices"]
    assert notice.place == "Bordereau n° 12 de 2023"
    assert "ERREUR_SIGNATURE_INVALIDE : Certificat expiré" in page.text
    assert "2 titres concernés" in page.text
    assert "annulez le lot" in page.text
    with world.acting():
        assert notice.url == ExportBatch.objects.get().get_absolute_url()
    assert "Enregistrer ce retour" not in page.text
    apply(officer, page)
    assert states(world) == {"101": "exporte", "102": "exporte"}


def test_a_rejection_in_one_domain_outweighs_an_acceptance_in_another(world: World, officer: Any) -> None:
    page = sent(officer, acquit(bordereau("12"), bordereau("12", "0", domain="3")))
    assert len(page.context["notices"]) == 1
    assert not page.context["changes"]


def test_a_refused_piece_is_left_and_the_others_issued(world: World, officer: Any) -> None:
    detail = f'<DetailPiece><NumPiece V="0102"/>{error("ERREUR_DOUBLON_PIECE", "Titre connu")}</DetailPiece>'
    apply(officer, sent(officer, acquit(bordereau("12", inner=detail))))
    assert states(world) == {"101": "emis", "102": "exporte"}
    with world.acting():
        assert "Titre connu" in str(ReturnImport.objects.get().changes)


def test_the_first_version_of_the_acknowledgement_is_read_too(world: World, officer: Any) -> None:
    element = (
        '<ElementACQUIT><DomaineAck V="6"/><EtatAck V="0"/><ExerciceBord V="2023"/><NumBord V="0000012"/>'
        '<NumAnoAck V="ERREUR_CODIQUE"/><LibelleAnoAck V="Poste inconnu"/></ElementACQUIT>'
    )
    page = sent(officer, first_acquit(element))
    assert "ERREUR_CODIQUE : Poste inconnu" in page.context["notices"][0].what


@pytest.mark.parametrize(
    ("element", "why"),
    [
        (bordereau("12", year="2022"), "aucun titre de votre organisation"),
        (bordereau("99"), "aucun titre de votre organisation"),
        (bordereau("12", domain="5"), "autre domaine"),
    ],
)
def test_bordereaux_of_others_are_listed(world: World, officer: Any, element: str, why: str) -> None:
    page = sent(officer, acquit(element))
    [row] = page.context["unmatched"]
    assert why in row.why
    assert not page.context["changes"]
    assert states(world) == {"101": "exporte", "102": "exporte"}


def test_what_names_no_bordereau_and_what_says_nothing_of_receipts(world: World, officer: Any) -> None:
    whole = f'<ElementACQUIT><DomaineAck V="0"/><EtatAck V="0"/>{error("ERREUR_ENCODING", "Illisible")}</ElementACQUIT>'
    page = sent(officer, acquit(whole, bordereau("12", domain="3")))
    assert [notice.place for notice in page.context["notices"]] == ["Fichier envoyé", "Bordereau n° 12 de 2023"]
    assert "ne se prononce pas encore" in page.text
    assert not page.context["changes"]


def test_a_rejection_read_after_the_batch_left_again_touches_nothing(world: World, officer: Any) -> None:
    with world.acting():
        cancel_batch(batch=ExportBatch.objects.get(), reason="rejeté", by=world.system)
        world.sud_artois.refresh_from_db()
        export_titres(issuer=world.sud_artois, year=2023, file_format="pes", by=world.system)
    old = sent(officer, acquit(bordereau("12")), "ancien.xml")
    assert len(old.context["unmatched"]) == 1
    new = sent(officer, acquit(bordereau("13")), "nouveau.xml")
    assert len(new.context["changes"]) == 2


# --- PES Retour -------------------------------------------------------------------------------------------------------


def test_titres_taken_in_charge_and_their_payments(world: World, officer: Any) -> None:
    paid = [("02", "2024-02-01", "4665.00"), ("03", "2024-03-01", "5000.00"), ("03", "2024-03-01", "5000.00")]
    content = retour(slip("12", piece("101", receipts=paid), piece("00102")))
    page = sent(officer, content)
    assert page.context["notices"] == []
    apply(officer, page)
    with world.acting():
        assert dict(Titre.objects.values_list("number", "received")) == {"101": Decimal("14665.00"), "102": Decimal(0)}
        assert states(world) == {"101": "encaisse", "102": "emis"}
    apply(officer, sent(officer, content))
    # The same facts in another file: a stock after a periodic flow.
    apply(officer, sent(officer, retour(slip("12", piece("101", receipts=paid))), "stock.xml"))
    with world.acting():
        assert Receipt.objects.count() == 3


def test_the_key_in_the_object_comes_first(world: World, officer: Any) -> None:
    """The finance software gave its own number: the object still names the entry, the date is asked of the officer."""
    with world.acting():
        titre = Titre.objects.get(sent_number="101")
        subject = f"PARTICIPATION ISCG 2023 - CF DECOMPTE NO {titre.entry_id.upper()}"
    paid = [("02", "2024-02-01", "100.00")]
    content = retour(slip("40", piece("900", subject=subject, receipts=paid)))
    page = sent(officer, content)
    assert "enregistrez son émission" in page.context["notices"][0].todo
    assert not page.context["changes"]
    with world.acting():
        record_issue(titre=titre, number="0900", slip_number="40", issued_on=SENT, by=world.system)
    apply(officer, sent(officer, content))
    with world.acting():
        assert Titre.objects.get(pk=titre.pk).received == Decimal("100.00")


def test_a_payment_typed_with_a_reference_is_not_doubled(world: World, officer: Any) -> None:
    apply(officer, sent(officer, acquit(bordereau("12"))))
    with world.acting():
        titre = Titre.objects.get(sent_number="101")
        day = dt.date(2024, 2, 1)
        record_receipt(titre=titre, amount=Decimal(4665), received_on=day, reference="VIR 12", by=world.system)
    paid = [("02", "2024-02-01", "4665.00"), ("02", "2024-03-01", "100.00")]
    apply(officer, sent(officer, retour(slip("12", piece("101", receipts=paid))), "mars.xml"))
    with world.acting():
        assert Titre.objects.get(sent_number="101").received == Decimal("4765.00")
    # Typed on another day: what the accountant counts in all tells that it would be twice the same money.
    other = [("02", "2024-01-31", "4665.00"), ("02", "2024-03-01", "100.00")]
    page = sent(officer, retour(slip("12", piece("101", receipts=other))), "autre.xml")
    assert "le comptable annonce 4" in page.context["notices"][0].what
    assert not page.context["changes"]


def test_what_is_not_money_received_is_told_and_not_kept(world: World, officer: Any) -> None:
    moves = [("02", "2024-02-01", "100.00"), ("06", "2024-02-02", "50.00"), ("02", "2024-02-03", "-100.00")]
    page = sent(officer, retour(slip("12", piece("101", receipts=moves))))
    assert ["non-valeur" in notice.what for notice in page.context["notices"]] == [True, False]
    assert "Contre-passez" in page.context["notices"][1].todo
    apply(officer, page)
    with world.acting():
        assert list(Receipt.objects.values_list("amount", flat=True)) == [Decimal("100.00")]


def test_money_received_before_its_titre_settles_it_the_day_it_is_issued(world: World, officer: Any) -> None:
    content = retour(slip("12", piece("101", receipts=[("01", "2023-11-02", "14665.00")])))
    apply(officer, sent(officer, content))
    apply(officer, sent(officer, content))
    with world.acting():
        [receipt] = Receipt.objects.all()
        assert receipt.received_on == SENT
        assert "02/11/2023" in receipt.reference


@pytest.mark.parametrize(
    ("state", "about", "words"),
    [
        ("04", '<ObsEtat V="04-16"/><Commentaire V="Voir SGC"/>', "imputation budgétaire erronée"),
        ("01", "", "mis en instance"),
        ("05", "", "annulé chez le comptable"),
    ],
)
def test_a_titre_the_accountant_does_not_take_stays_exported(
    world: World, officer: Any, state: str, about: str, words: str
) -> None:
    page = sent(officer, retour(slip("12", piece("101", state=state, about=about), piece("102"))))
    [notice] = page.context["notices"]
    assert words in notice.what
    apply(officer, page)
    assert states(world) == {"101": "exporte", "102": "emis"}
    with world.acting():
        assert words in str(ReturnImport.objects.get().changes)


def test_an_issued_titre_rejected_afterwards_is_to_be_cancelled(world: World, officer: Any) -> None:
    apply(officer, sent(officer, acquit(bordereau("12"))))
    page = sent(officer, retour(slip("12", piece("101", state="04"))), "rejet.xml")
    assert "annulez-le avec ce motif" in page.context["notices"][0].todo
    assert states(world)["101"] == "emis"


def test_lines_without_a_titre_say_why(world: World, officer: Any) -> None:
    content = retour(
        slip("12", piece("101", "14665.01"), piece("777")),
        slip("13", piece("101")),
        slip("12", piece("101"), year="2022"),
        slip("1", piece("5", kind="13"), kind="05"),
    )
    page = sent(officer, content)
    whys = [row.why for row in page.context["unmatched"]]
    assert [
        part in why
        for part, why in zip(
            ["le montant diffère", "n° 777 : aucun", "n° 13 de 2023", "n° 12 de 2022", "régulariser"], whys, strict=True
        )
    ] == [True] * 5
    assert not page.context["changes"]


def test_another_organisation_matches_nothing_and_another_budget_is_refused(world: World, client: Any) -> None:
    client.force_login(world.actor(world.ternois).user)
    with world.acting():
        Organisation.objects.filter(pk=world.ternois.pk).update(siret="")
    page = sent(client, acquit(bordereau("12")))
    assert len(page.context["unmatched"]) == 1
    client.force_login(world.actor(world.sud_artois).user)
    page = sent(client, acquit(bordereau("12"), siret="22620001200012"), "autre.xml")
    assert page.status_code == 422
    assert "concerne le SIRET 22620001200012" in page.text


def test_the_queries_do_not_depend_on_the_lines(world: World, officer: Any) -> None:
    counts = []
    for number, pieces in enumerate(([piece("101")], [piece("101"), piece("102"), piece("777")])):
        page = sent(officer, retour(slip("12", *pieces)), f"{number}.xml")
        with CaptureQueriesContext(
            connection,
        ) as seen:
            officer.get(page.request["PATH_INFO"])
        counts.append(len(seen))
    assert counts[0] == counts[1]


# --- Refused ----------------------------------------------------------------------------------------------------------

HEAD = b'<?xml version="1.0" encoding="UTF-8"?>'
ROOT = b'<n:PES_ACQUIT xmlns:n="http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/retour/v2">'
LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (HEAD + LAUGHS + b"<l>&b;</l>", "DOCTYPE"),
        (HEAD + b'<!DOCTYPE l SYSTEM "http://127.0.0.1/x.dtd"><l/>', "DOCTYPE"),
        (HEAD + b'<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><l>&x;</l>', "DOCTYPE"),
        (HEAD + ROOT + b"<Enveloppe>&inconnue;</Enveloppe></n:PES_ACQUIT>", "mal formé"),
        (HEAD + ROOT + b"<ACQUIT>", "mal formé"),
        (HEAD + ROOT + b'<Nom V="\xe9"/></n:PES_ACQUIT>', "encodage"),
        (b'<?xml version="1.0" encoding="UTF-7"?><l/>', "utf-7"),
        ('<?xml version="1.0" encoding="UTF-16"?><l/>'.encode("utf-16"), "n'est pas lu"),
        (HEAD + b"<facture/>", "« facture »"),
        (
            HEAD + b'<n:PES_Aller xmlns:n="http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/aller"/>',
            "envoyé au comptable",
        ),
        (HEAD + ROOT + b"</n:PES_ACQUIT>", "ne dit rien"),
        (HEAD + ROOT + b"<a>" * 60 + b"</a>" * 60 + b"</n:PES_ACQUIT>", "imbriqué"),
        (b"   ", "vide"),
        (b"id_ecriture;num_titre\n", "mal formé"),
    ],
)
def test_hostile_or_wrong_files_are_refused_in_french(content: bytes, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as refused:
        read_pes(content)
    assert refused.value.status == 400


def test_a_refused_file_leaves_nothing_on_the_page(world: World, officer: Any) -> None:
    files = [
        (HEAD + LAUGHS + b"<l>&b;</l>", "DOCTYPE"),
        (HEAD + b"<facture/>", "« facture »"),
        ('<?xml version="1.0" encoding="UTF-16"?><l/>'.encode("utf-16"), "XML lisible"),
    ]
    for content, words in files:
        page = sent(officer, content)
        assert page.status_code == 422
        assert words in page.context["form"].errors["file"][0]
    with world.acting():
        assert not ReturnFile.objects.exists()


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (b'<MtReco V="10.00"/>', b'<MtReco V="10,00"/>', "MtReco"),
        (b'<MtReco V="10.00"/>', b'<MtReco V="NaN"/>', "MtReco"),
        (b'<DteReco V="2024-02-01"/>', b'<DteReco V="2024-02-31"/>', "DteReco"),
        (b'<EtatPce V="02"/>', b'<EtatPce V="09"/>', "EtatPce"),
        (b'<IdPce V="101"/>', b'<IdPce V="A1"/>', "IdPce"),
        (b'<IdPce V="101"/>', b"", "IdPce"),
    ],
)
def test_a_value_that_cannot_be_read_is_named_with_its_line(before: bytes, after: bytes, words: str) -> None:
    content = retour(slip("12", piece("101", receipts=[("02", "2024-02-01", "10.00")])))
    assert before in content
    with pytest.raises(InvalidInput, match=rf"Ligne 2, {words} : ") as refused:
        read_pes(content.replace(before, after))
    assert refused.value.status == 400


def test_a_file_with_too_many_elements_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "MOST_ELEMENTS", 20)
    with pytest.raises(InvalidInput, match="trop gros"):
        read_pes(acquit(bordereau("12")))


def test_lines_are_kept_as_cells_and_read_back() -> None:
    read = read_pes(retour(slip("12", piece("101", receipts=[("02", "2024-02-01", "10.00")]))))
    assert lines_of(read.rows) == read.lines
    assert read.lines[0].movements == [("02", dt.date(2024, 2, 1), Decimal("10.00"))]
    assert (read.siret, read.collectivity, read.budget) == ("20003544200017", "310", "00")
