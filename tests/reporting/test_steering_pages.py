"""Steering pages, files, API and the committee's pack."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from pypdf import PdfReader

from parties.models import Job
from posts.models import ActivityReturn
from reporting.steering.copil import read_copil
from reporting.steering.copil_document import AGENDA, copil_pdf
from tests.cast import YEAR, Cast

DAY = dt.date(YEAR, 4, 15)


@pytest.fixture(autouse=True)
def on_the_day():
    with time_machine.travel(dt.datetime(YEAR, 4, 15, 12, tzinfo=dt.UTC), tick=False):
        yield


def test_the_page_of_risks_its_filters_and_its_files(cast: Cast):
    client = cast.client("gestionnaire")
    page = client.get("/pilotage/risques/").content.decode()
    assert "144\u202f000\u202f€" in page
    assert "Un même euro n’est compté qu’une fois" in page
    assert f'href="/conventions/{cast.convention["b"].uuid}/?onglet=signatures"' in page
    narrow = {"raison": "vacance", "financeur": str(cast.org["epci_b"].uuid)}
    shown = client.get("/pilotage/risques/", narrow).context["shown"]
    assert [(line.financer, line.amount) for line in shown.lines] == [("Boulonnais", Decimal(16000))]
    text = client.get("/pilotage/risques/", {**narrow, "format": "csv"}).content.decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(text), delimiter=";")
    assert (row["Financeur"], row["Montant à risque"], row["Compté"]) == ("Boulonnais", "16000,00", "oui")
    assert client.get("/pilotage/risques/", {"format": "xlsx"}).content[:2] == b"PK"
    assert "Aucune ligne ne répond" in client.get("/pilotage/risques/", {"raison": "x"}).content.decode()
    assert client.get("/pilotage/risques/", {"annee": "abc"}).status_code == 404


def test_home_fetches_its_money_at_risk_apart(cast: Cast):
    client = cast.client("gestionnaire")
    home = client.get("/").content.decode()
    assert f'hx-get="/pilotage/risques/?annee={YEAR}"' in home
    assert f'<a href="/pilotage/risques/?annee={YEAR}">Voir l’argent à risque' in home, "without JavaScript too"
    part = client.get("/pilotage/risques/", headers={"HX-Target": "a-risque"}).content.decode()
    assert "<html" not in part
    assert "À risque, en euros : 144\u202f000\u202f€" in part
    assert f"/pilotage/risques/?annee={YEAR}&amp;raison=vacance#lignes" in part
    assert "pilotage" not in cast.client("employeur_a").get("/").content.decode()


def test_the_overview_and_the_costs(cast: Cast):
    client = cast.client("instructeur")
    page = client.get("/pilotage/").content.decode()
    assert "Ce qui met l’année en danger" in page
    assert "Préparer le dossier" in page
    assert "Préparer le dossier" not in cast.client("finances_a").get("/pilotage/").content.decode()
    costs = client.get("/pilotage/couts/", {"annee": YEAR})
    assert costs.status_code == 200
    assert "aucun plan de financement" not in costs.content.decode().split("Poste A</a>")[1].split("</tr>")[0]
    text = client.get("/pilotage/couts/", {"format": "csv"}).content.decode("utf-8-sig")
    rows = {row["Poste"]: row for row in csv.DictReader(io.StringIO(text), delimiter=";")}
    assert (rows["Poste A"]["Coût retenu"], rows["Poste A"]["Coût par personne reçue"]) == ("42000,00", "")
    assert rows["Poste A"]["Calcul par personne reçue"]


def test_the_api_says_the_same(cast: Cast):
    client = cast.client("gestionnaire")
    risks = client.get(f"/api/v1/steering/risks/{YEAR}/").json()
    assert (risks["total"], risks["total_assumed"]) == ("144000.00", "0.00")
    line = next(line for line in risks["lines"] if line["reason"] == "vacance")
    assert (line["amount"], line["due"], line["counted"]) == ("16000.00", "0.00", True)
    assert sum(Decimal(row["amount"]) for row in risks["by_post"]) == Decimal(risks["total"])
    costs = client.get(f"/api/v1/steering/costs/{YEAR}/").json()
    post = next(post for post in costs["posts"] if post["uuid"] == str(cast.post["a"].uuid))
    assert (post["cost"], post["per_etp"]["value"], post["per_etp"]["bottom"]) == ("42000.00", "42000.00", "1.00")
    assert client.get("/api/v1/steering/risks/99/").status_code == 400
    assert cast.client("employeur_a").get(f"/api/v1/steering/risks/{YEAR}/").status_code == 403


# --- The committee's pack ---------------------------------------------------------------------------------------------


def test_the_pack_is_ordered_made_aside_and_kept(cast: Cast, jobs):
    client = cast.client("gestionnaire")
    refused = client.post("/pilotage/comite/", {"annee": "deux mille"})
    assert refused.status_code == 422
    assert "quatre chiffres" in refused.content.decode()
    there = client.post("/pilotage/comite/", {"annee": YEAR, "convention": cast.convention["there"].uuid})
    assert there.status_code == 422
    answer = client.post("/pilotage/comite/", {"annee": YEAR, "convention": cast.convention["a"].uuid})
    with cast.acting("gestionnaire"):
        job = Job.objects.get()
    assert answer["Location"] == job.get_absolute_url()
    jobs.run()
    with cast.acting("gestionnaire"):
        job.refresh_from_db()
    assert job.state == "done", job.message
    assert job.result_name == f"copil-{YEAR}-62-A.pdf"


def test_a_conventions_pack_is_about_its_own_parties_and_money(cast: Cast):
    with cast.acting("gestionnaire"):
        for key, women in (("a", 3), ("e", 40), ("d", 2)):
            ActivityReturn.objects.create(post=cast.post[key], year=YEAR, month=1, women=women, men=0, children=0)
        by = cast.actor("gestionnaire")
        mine = read_copil(by, year=YEAR, today=DAY, convention=cast.convention["a"])
        whole = read_copil(by, year=YEAR, today=DAY)
        parties = {party.organisation.name for party in cast.convention["a"].parties.all()}
    assert [row.label for row in mine.activity] == ["Poste A"]
    # The same cell is hidden in both: two tables that hide different cells would give them back.
    row = next(row for row in whole.activity if row.label == "Poste A")
    assert row.figures == mine.activity[0].figures
    assert row.figures[0] == "s."
    assert mine.activity_total[0] == "s."
    assert mine.money_total.planned == Decimal(42000)
    assert (mine.risk.total, whole.risk.total) == (Decimal(28000), Decimal(144000))
    assert {row.organisation for row in mine.attendants} == parties
    assert sum(row.amount for row in whole.decisions) == whole.risk.total


def test_the_pack_as_a_pdf(cast: Cast):
    with cast.acting("gestionnaire"):
        found = read_copil(cast.actor("gestionnaire"), year=YEAR, today=DAY)
        data = copil_pdf(found)
    reader = PdfReader(io.BytesIO(data))
    assert [item.title for item in reader.outline] == ["Ordre du jour", *(title for _anchor, title in AGENDA[:4]),
        "Argent à risque : 144\u202f000,00\u202f€", *(title for _anchor, title in AGENDA[5:])]  # fmt: skip
    assert set(reader.attachments) == {"activite.csv", "financement.csv", "argent-a-risque.csv", "calendrier.csv"}
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert "Fixer la date de signature" in text
    assert "Camille Prefecture" in text


def test_the_command_writes_it_and_says_what_it_cannot(cast: Cast, tmp_path, capsys):
    out = tmp_path / "f.pdf"
    call_command("copil_pack", territory="62", year=YEAR, convention="62-C", output=out)
    assert out.read_bytes()[:5] == b"%PDF-"
    assert "32\u202f000,00\u202f€ à risque" in capsys.readouterr().out
    for given, said in (
        ({"convention": "62-Z"}, "Convention 62-Z inconnue"),
        ({"output": tmp_path / "f.txt"}, ".pdf"),
        ({"territory": "99"}, "Territoire 99 inconnu"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command("copil_pack", **{"territory": "62", "year": YEAR, "output": out, **given})
