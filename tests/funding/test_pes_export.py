"""Exporting titres as PES V2 and for Magnus: numbers taken once, what is missing said with its page."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from core.errors import BusinessError, InvalidInput
from funding.exports import magnus
from funding.exports.columns import Entry
from funding.exports.magnus_format import line_of
from funding.exports.pes.entries import piece_of, street_of, subject_of, two_lines
from funding.exports.pes.text import Style
from funding.finance_readiness import states_of
from funding.finance_settings import FinanceSettings
from funding.models import ExportBatch, Titre
from funding.services.finance import save_finance
from funding.services.titre_corrections import reduce_titre
from funding.services.titre_exports import NothingToExport, export_titres
from funding.services.titres import propose_titres, record_issue
from parties.models import Organisation
from tests.funding.pes import conforms, tags
from tests.funding.titre_world import World, make_world, sud_artois_2023

pytestmark = pytest.mark.django_db

CODES = {
    "siret_budget": "20003544200017",
    "id_post": "062015",
    "cod_col": "310",
    "cod_bud": "00",
    "code_produit": "ISCG",
    "vote": "fonction",
    "fonction": "934213",
    "collectivite": "CCSA",
    "budget": "01",
}
NUMBERS = {"bordereaux": {"2023": "12"}, "titres": {"2023": "101"}}


@pytest.fixture
def world() -> World:
    world = make_world()
    with world.acting():
        address = {"address1": "Hôtel du Département", "postal_code": "62018", "city": "Arras Cedex 9"}
        Organisation.objects.filter(pk=world.departement.pk).update(**address)
        # The numbers it has elsewhere have a wrong key, which PES refuses: see below.
        Organisation.objects.filter(pk=world.etat.pk).update(siret="", siren="")
    return world


def settle(world: World, **changes: Any) -> None:
    values = CODES | {key: value for key, value in changes.items() if key not in NUMBERS}
    tables = NUMBERS | {key: value for key, value in changes.items() if key in NUMBERS}
    save_finance(organisation=world.sud_artois, by=world.system, values=values, tables=tables)


def export(world: World, file_format: str = "pes") -> ExportBatch:
    issuer = Organisation.objects.get(pk=world.sud_artois.pk)
    return export_titres(issuer=issuer, year=2023, file_format=file_format, by=world.system)


def prepared(world: World, **plan: Any) -> list[Titre]:
    return propose_titres(plan=sud_artois_2023(world, **plan), by=world.system)


def content_of(batch: ExportBatch) -> bytes:
    with batch.open() as kept:
        return kept.read()


def test_the_titres_leave_numbered_once(world: World) -> None:
    with world.acting():
        settle(world)
        prepared(world)
        batch = export(world)
        content = content_of(batch)
        contents = conforms(content)
        today = timezone.localdate()
        assert batch.filename == f"PESALR2_20003544200017_{today:%y%m%d}_230001.xml"
        assert (contents.slips, contents.pieces, contents.total) == ([("01", "12")], ["101", "102"], Decimal("29330"))
        kept = list(Titre.objects.order_by("sent_number").values_list("sent_slip", "sent_number", "status"))
        assert kept == [("12", "101", "exporte"), ("12", "102", "exporte")]
        assert tags(content, "Fonction") == ["4213", "4213"], "without the 93 of a budget voted by function"
        assert tags(content, "IdColl") == ["20003544200017"]
        assert sorted(tags(content, "Nature")) == ["74718", "7473"]
        assert tags(content, "NomFic") == [batch.filename.removesuffix(".xml")]
        assert all(" - CF DECOMPTE NO 62-2023-" in subject for subject in tags(content, "ObjPce"))
        assert all("CONV 62-A12" in subject for subject in tags(content, "ObjPce"))
        settings = FinanceSettings(Organisation.objects.get(pk=world.sud_artois.pk).finance)
        assert (settings.number("bordereaux", 2023), settings.number("titres", 2023)) == (13, 103)
        with pytest.raises(NothingToExport):
            export(world)


def test_numbers_already_used_are_refused(world: World) -> None:
    with world.acting():
        settle(world)
        prepared(world)
        export(world)
        other = world.plan(employer=world.sud_artois, key="second", year=2023, shares=[(world.departement, "1000")])
        propose_titres(plan=other, by=world.system)
        settle(world, bordereaux={"2023": "13"}, titres={"2023": "102"})
        with pytest.raises(InvalidInput, match=r"titre n° 102 de 2023 a déjà servi") as refused:
            export(world)
        assert refused.value.place == "titres"
        settle(world, bordereaux={"2023": "12"}, titres={"2023": "103"})
        with pytest.raises(InvalidInput, match=r"bordereau n° 12 de 2023 a déjà servi"):
            export(world)
        settle(world, bordereaux={"2023": "13"}, titres={"2023": "103"})
        assert tags(content_of(export(world)), "IdPce") == ["103"]


def test_what_is_missing_stops_the_export_and_says_where(world: World) -> None:
    with world.acting():
        prepared(world)
        with pytest.raises(BusinessError, match=r"SIRET du budget émetteur n'est pas saisi.* Et \d+ autres points"):
            export(world)
        assert not ExportBatch.objects.exists()
        (pes,) = (state for state in states_of(world.sud_artois) if state.name == "pes")
        assert not pes.is_ready
        fields = {finding.code.removeprefix("PES-") for finding in pes.missing}
        assert fields == {"IdColl", "IdPost", "CodCol", "CodBud", "CodProdLoc", "IdBord", "IdPce"}
        base = f"/annuaire/{world.sud_artois.uuid}/finances/"
        steps = {finding.code.removeprefix("PES-"): finding.url for finding in pes.missing}
        assert steps["IdPost"] == f"{base}comptable/"
        assert steps["CodProdLoc"] == f"{base}imputation/"
        assert steps["IdPce"] == f"{base}numeros/"
        settle(world)
        issuer = Organisation.objects.get(pk=world.sud_artois.pk)
        assert {state.name: state.is_ready for state in states_of(issuer)} == dict.fromkeys(
            ("csv", "xlsx", "pes", "magnus"), True
        )


def test_a_debtor_s_wrong_record_is_named_with_its_page(world: World) -> None:
    with world.acting():
        settle(world)
        Organisation.objects.filter(pk=world.etat.pk).update(siret="17620001600017")
        prepared(world)
        with pytest.raises(BusinessError, match="SIRET, 17620001600017, est faux"):
            export(world)
        (pes,) = (s for s in states_of(Organisation.objects.get(pk=world.sud_artois.pk)) if s.name == "pes")
        (finding,) = pes.missing
        assert finding.url == world.etat.get_absolute_url()


def test_the_state_s_share_after_its_payment(world: World) -> None:
    """01/05/01, attached to the accountant's receipt: refused until its number is known."""
    with world.acting():
        settle(world, fipd="apres")
        (state,) = [titre for titre in prepared(world) if titre.debtor == world.etat]
        with pytest.raises(BusinessError, match="numéro d'encaissement"):
            export(world)
        save_finance(organisation=world.sud_artois, by=world.system, tables={"encaissements": {state.entry_id: "4512"}})
        content = content_of(export(world))
        conforms(content)
        assert sorted(tags(content, "TypPce")) == ["01", "05"]
        assert tags(content, "IdPceOrig") == ["4512"]
        assert tags(content, "NatPceOrig") == ["03"]
        assert tags(content, "IdLigneOrig") == []


def test_settings_are_heard(world: World) -> None:
    choices = {"capitales": "non", "accents": "oui", "edition": "04", "retirer_93": "non", "typ_fic": "PESALR1"}
    with world.acting():
        settle(world, reference_decompte="oui", service="DGAS", operation="OP1", **choices)
        save_finance(
            organisation=world.sud_artois,
            by=world.system,
            tables={
                "comptes": {"226200012": "70878"},
                "cat_tiers": {"226200012": "29"},
                "nat_jur": {"226200012": "08"},
                "tiers": {"226200012": "CD62", "pref62": "ETAT"},
                "services_debiteurs": {"226200012": "DEF-SOCIAL"},
                "engagements_debiteurs": {"226200012": "EJ/2023-1"},
            },
        )
        prepared(world)
        batch = export(world)
        content = content_of(batch)
    conforms(content)
    assert batch.filename.startswith("PESALR1_")
    assert "Hôtel du Département" in tags(content, "Adr2")
    assert tags(content, "Edition") == ["04", "04"]
    assert set(tags(content, "Fonction")) == {"934213"}
    assert {"70878", "74718"} == set(tags(content, "Nature"))
    assert {"29", "20"} == set(tags(content, "CatTiers"))
    assert {"08", "07"} == set(tags(content, "NatJur"))
    assert {"CD62", "ETAT"} == set(tags(content, "RefTiers"))
    assert tags(content, "CodeService") == ["DEF-SOCIAL"]
    assert tags(content, "NumeroEngagement") == ["EJ/2023-1"]
    unique = tags(content, "IdUnique")
    assert len(set(unique)) == 2
    assert all(len(each) <= 50 and each.startswith("20003544200017REC2023") for each in unique)


def test_a_file_the_schema_refuses_is_not_released(world: World, monkeypatch: pytest.MonkeyPatch, settings) -> None:
    settings.PES_XSD_DIR = "ici"
    monkeypatch.setattr("funding.exports.pes.schema.errors_of", lambda stream: ["ligne 3 : faux"])
    with world.acting():
        settle(world)
        prepared(world)
        with pytest.raises(BusinessError, match=r"pas conforme aux schémas PES.*ligne 3 : faux"):
            export(world)
        assert not ExportBatch.objects.exists()


def test_the_décompte_s_number_is_never_cut(world: World) -> None:
    with world.acting():
        titre = prepared(world)[0]
        titre.subject = "P" * 150 + " - DECOMPTE " + titre.entry_id
        subject = subject_of(titre, Style())
        assert len(subject) <= 160
        assert subject.endswith(f"CF DECOMPTE NO {titre.entry_id.upper()}")
        piece = piece_of(titre, FinanceSettings({}), 7)
        assert (piece.number, piece.amount) == (7, titre.amount)


def test_names_and_addresses_fit_their_lines(world: World) -> None:
    assert two_lines("COMMUNAUTE D'AGGLOMERATION DE BETHUNE-BRUAY ARTOIS-LYS ROMANE") == (
        "COMMUNAUTE D'AGGLOMERATION DE",
        "BETHUNE-BRUAY ARTOIS-LYS ROMANE",
    )
    assert street_of(world.etat) == ("", "rue Ferdinand Buisson", "")
    world.ternois.seat = "Hôtel communautaire au fond de la cour 8 place François-Mitterrand 62130 Saint-Pol"
    assert street_of(world.ternois)[:2] == ("Hôtel communautaire au fond de la cour", "8 place François-Mitterrand")


# --- Magnus -----------------------------------------------------------------------------------------------------------


def test_magnus_puts_each_value_in_its_place(world: World) -> None:
    with world.acting():
        settle(world)
        save_finance(organisation=world.sud_artois, by=world.system, tables={"tiers": {"226200012": "CD62"}})
        prepared(world)
        batch = export(world, "magnus")
        content = content_of(batch)
    assert (batch.count, batch.filename) == (2, "titres-200035442-2023-lot1.zip")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["WTAMC001.txt"]
        raw = archive.read("WTAMC001.txt")
    lines = raw.decode("cp1252").split("\n")
    assert lines[-1] == "", "each line ends"
    assert b"\r" not in raw
    cells = [line.split(";") for line in lines[:-1]]
    assert [len(row) for row in cells] == [125, 125]
    assert all(cell.startswith('"') and cell.endswith('"') for row in cells for cell in row)
    row = {position: cell[1:-1] for position, cell in enumerate(cells[1], start=1)}
    if row[8] != "CD62":
        row = {position: cell[1:-1] for position, cell in enumerate(cells[0], start=1)}
    filled = {position: value for position, value in row.items() if value}
    today = timezone.localdate()
    assert filled == {
        1: "62-2023-200035442-plan-a12-s2",
        2: "T",
        3: "O",
        4: "CCSA",
        5: "01",
        6: "2023",
        7: "M",
        8: "CD62",
        10: "Pas-de-Calais",
        12: "Hôtel du Département",
        15: "62018",
        16: "Arras Cedex 9",
        18: "PARTICIPATION 2023 62-A12",
        24: "R",
        25: f"{today:%d/%m/%Y}",
        26: "7473",
        29: "4213",
        30: "14665.00",
        31: "0.00",
        32: "0",
        38: "09",
        54: "ISCG",
        70: "N",
        71: "N",
        80: "N",
        84: "N",
        90: "19",
        91: "22",
        92: "09",
        94: "02",
        95: "226200012",
        97: "0",
        98: "01",
        108: "O",
        109: "N",
    }


def test_magnus_says_what_it_lacks(world: World) -> None:
    with world.acting():
        prepared(world)
        with pytest.raises(BusinessError, match="code collectivité de votre logiciel"):
            export(world, "magnus")
        settle(world, code_produit="")
        with pytest.raises(BusinessError, match="code produit local"):
            export(world, "magnus")


def test_no_magnus_field_ends_before_its_time(world: World) -> None:
    with world.acting():
        titre = prepared(world)[0]
        titre.debtor.name = 'Asso "Écoute" ; Ω\nœuvre €'
        line = line_of(Entry(titre, timezone.localdate()), FinanceSettings(CODES))
    (windows,) = magnus.text_of([line], "cp1252")
    assert "Asso 'Écoute' ;  œuvre €" in windows.decode("cp1252")
    assert windows.count(b"\n") == 1
    (plain,) = magnus.text_of([line], "ascii")
    assert b"oeuvre EUR" in plain
    assert windows.decode("cp1252").count('";"') == 124


def test_the_same_lines_give_the_same_archive(world: World) -> None:
    with world.acting():
        titre = prepared(world)[0]
        moment = timezone.now()
        files = []
        for _ in range(2):
            stream = io.BytesIO()
            line = line_of(Entry(titre, timezone.localdate()), FinanceSettings(CODES))
            magnus.write_zip(stream, [line], encoding="cp1252", moment=moment)
            files.append(stream.getvalue())
    assert files[0] == files[1]


def test_a_reduction_leaves_attached_to_the_titre_it_corrects(world: World, time_machine: Any) -> None:
    time_machine.move_to("2023-11-20 10:00:00+01:00")
    with world.acting():
        settle(world)
        prepared(world)
        export(world)
        titre = Titre.objects.get(debtor=world.departement)
        day = dt.date(2023, 11, 21)
        time_machine.move_to("2023-12-04 10:00:00+01:00")
        titre = record_issue(titre=titre, number="8101", slip_number="12", issued_on=day, by=world.system)
        reduction = reduce_titre(titre=titre, reason="Erreur de calcul", amount=Decimal("45.50"), by=world.system)
        batch = export(world)
        content = content_of(batch)
        contents = conforms(content)
        assert (contents.slips, contents.total) == ([("02", "13")], Decimal("45.50"))
        codes = [tags(content, tag) for tag in ("TypBord", "TypPce", "NatPce")]
        assert codes == [["02"], ["02"], ["06"]]
        attached = [tags(content, tag) for tag in ("NatPceOrig", "ExerRat", "IdPceOrig", "IdLigneOrig")]
        assert attached == [["01"], ["2023"], ["8101"], ["1"]]
        reduction.refresh_from_db()
        assert (reduction.status, reduction.sent_slip) == ("exporte", "13")
        with pytest.raises(NothingToExport):
            export(world)
