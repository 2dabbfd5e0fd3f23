"""The pages, the API and the command of the campaigns."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError

from conventions.models import ReportSchedule
from reporting.campaigns.todo import report_items
from reporting.models import ReportStep
from tests.cast import YEAR, Cast
from tests.reporting.test_campaigns import DAY, Q1, enter, one

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def may():
    with time_machine.travel(dt.datetime(YEAR, DAY.month, DAY.day, 10, tzinfo=dt.UTC), tick=False):
        yield


def url(cast: Cast) -> str:
    return one(cast, Q1).url


def send(cast: Cast, name: str, act: str, **values: str) -> Any:
    return cast.client(name).post(url(cast), {"acte": act, **values})


def test_the_board_counts_lists_and_leads(cast: Cast):
    client = cast.client("gestionnaire")
    page = client.get("/activite/comptes-rendus/", {"annee": YEAR}).text
    assert "Campagne 2026" in page
    assert "17 jours de retard" in page
    assert "Prochaines échéances" in page
    rows = client.get("/activite/comptes-rendus/", {"annee": YEAR, "retard": "on"}).context["page_obj"].object_list
    assert {row.key for row in rows} == {Q1}
    one_convention = client.get("/activite/comptes-rendus/", {"annee": YEAR, "convention": "62-C"})
    assert one_convention.context["count"] == "4 comptes rendus, dont 1 en retard"
    table = client.get("/activite/comptes-rendus/", {"annee": YEAR, "vue": "tableau"}).text
    assert "À remplir, 17 j" in table
    assert '<th scope="col">Mars</th>' in table
    empty = client.get("/activite/comptes-rendus/", {"annee": YEAR, "etat": "valide"}).text
    assert "Aucun compte rendu ne répond" in empty
    assert "Aucun compte rendu à remettre cette année" in client.get("/activite/comptes-rendus/?annee=2019").text
    assert "/activite/comptes-rendus/" in client.get("/activite/").text


def test_the_list_goes_out_as_a_file(cast: Cast):
    answer = cast.client("employeur_a").get("/activite/comptes-rendus/export.csv", {"annee": YEAR, "retard": "on"})
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Échéance;Périodicité;Période")
    assert len(lines) == 2
    assert f"15/04/{YEAR};Trimestriel;1er trimestre {YEAR}" in lines[1]
    assert ";17;" in lines[1]
    assert cast.client("employeur_a").get("/activite/comptes-rendus/export.xlsx").content.startswith(b"PK")


def test_an_employer_hands_in_and_the_manager_answers(cast: Cast, mailoutbox):
    refused = send(cast, "employeur_a", "remettre", note="Ce que j'ai écrit")
    assert refused.status_code == 422
    assert "Janvier 2026 n&#x27;est pas saisi" in refused.text
    assert "Ce que j&#x27;ai écrit" in refused.text, "nothing typed is lost"
    enter(cast, (1, 2, 3))
    page = cast.client("employeur_a").get(url(cast)).text
    assert "Tous les mois de la période sont validés" in page
    done = cast.client("employeur_a").post(url(cast), {"acte": "remettre", "note": "Né le 12/03/1990"}, follow=True)
    assert "Le compte rendu est remis." in done.text
    assert "semble contenir" in done.text, "a warning, not a refusal"
    reader = cast.client("gestionnaire")
    assert "Valider le compte rendu" in reader.get(url(cast)).text
    missing = send(cast, "gestionnaire", "renvoyer", motif="")
    assert (missing.status_code, "Dites pourquoi" in missing.text) == (422, True)
    assert send(cast, "gestionnaire", "renvoyer", motif="Mars est incomplet").status_code == 302
    back = cast.client("employeur_a").get(url(cast)).text
    assert "Mars est incomplet" in back
    assert "Pourquoi il est à reprendre" in back
    assert send(cast, "employeur_a", "remettre").status_code == 302
    assert send(cast, "gestionnaire", "valider").status_code == 302
    assert send(cast, "employeur_a", "valider").status_code == 403
    assert send(cast, "instructeur", "remettre").status_code == 403
    assert send(cast, "gestionnaire", "ailleurs").status_code == 422
    assert "Validé" in reader.get(url(cast)).text


def test_reports_that_do_not_exist_or_are_others_answer_alike(cast: Cast):
    client = cast.client("finances_b")
    assert client.get(url(cast)).status_code == 404
    assert client.get(url(cast).replace("trimestriel", "ailleurs")).status_code == 404
    assert cast.client("gestionnaire").get(url(cast).replace("-01-01", "-01-02")).status_code == 404


def test_reminding_from_the_page(cast: Cast, jobs, mailoutbox):
    assert send(cast, "gestionnaire", "relancer").status_code == 302
    assert send(cast, "gestionnaire", "relancer").status_code == 302
    jobs.run()
    [mail] = mailoutbox
    assert "http://testserver/activite/comptes-rendus/" in mail.body
    assert "Relance envoyée" in cast.client("gestionnaire").get(url(cast)).text


def test_a_calendar_is_set_and_removed_on_its_page(cast: Cast):
    client, place = cast.client("gestionnaire"), f"/activite/comptes-rendus/calendriers/{cast.convention['a'].uuid}/"
    body = {
        "every": "3", "valid_from": f"{YEAR}-01-01", "asked": "oui", "mode": "dates", "days": "20/04\nle 3 mai",
        "source": "Article 7",
    }  # fmt: skip
    wrong = client.post(place, body)
    assert wrong.status_code == 422
    assert "« le 3 mai » n&#x27;est pas une date" in wrong.text
    assert "Article 7" in wrong.text
    assert client.post(place, body | {"days": "20/04\n20/07\n20/10\n20/01"}).status_code == 302
    page = client.get(place).text
    assert "le 20 avril, le 20 juillet, le 20 octobre et le 20 janvier" in page
    assert f"20/04/{YEAR}" in page or f"20 avril {YEAR}" in page
    with cast.acting("gestionnaire"):
        row = ReportSchedule.objects.get()
    assert client.post(place, {"retirer": str(row.uuid)}).status_code == 302
    assert client.post(place, {"retirer": "x"}).status_code == 404
    with cast.acting("gestionnaire"):
        assert not ReportSchedule.objects.exists()
    assert (
        "Calendrier des comptes rendus"
        in client.get(f"/conventions/{cast.convention['a'].uuid}/?onglet=calendrier").text
    )


def test_the_home_page_says_what_waits(cast: Cast):
    with cast.acting("employeur_a"):
        items = report_items(cast.actor("employeur_a"), today=DAY)
    assert [(item.title, item.status, item.url) for item in items] == [
        (f"Compte rendu : 1er trimestre {YEAR}", "17 jours de retard", url(cast))
    ]
    for name in ("employeur_a", "gestionnaire"):
        home = cast.client(name).get("/").text
        assert url(cast) in home
        assert "17 jours de retard" in home
    with cast.acting("finances_b"):
        assert report_items(cast.actor("finances_b"), today=DAY) == []


def test_programs_read_and_hand_in(cast: Cast):
    client = cast.client("employeur_a")
    rows = client.get("/api/v1/reports/", {"year": YEAR, "late": "true"}).json()
    [row] = rows
    assert (row["key"], row["state"], row["late"], row["days_late"]) == (Q1, "a_remplir", True, 17)
    body = {"link": row["link"], "key": row["key"]}
    refused = client.post("/api/v1/reports/submit/", body, content_type="application/json")
    assert (refused.status_code, "n'est pas saisi" in refused.json()["detail"]) == (409, True)
    enter(cast, (1, 2, 3))
    for _ in range(2):
        done = client.post("/api/v1/reports/submit/", body, content_type="application/json")
        assert (done.status_code, done.json()["report"]["state"]) == (200, "remis")
    with cast.acting("gestionnaire"):
        assert ReportStep.objects.count() == 1
    assert client.get("/api/v1/reports/?year=x").status_code == 400
    other = cast.client("finances_b").post("/api/v1/reports/submit/", body, content_type="application/json")
    assert other.status_code == 403
    unknown = body | {"key": "annuel-1990-01-01"}
    assert client.post("/api/v1/reports/submit/", unknown, content_type="application/json").status_code == 400


def test_the_command_lists_a_campaign(cast: Cast, tmp_path):
    out = io.StringIO()
    call_command("reports_due", territory="62", year=YEAR, late=True, stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[-1] == "2 comptes rendus, dont 2 en retard."
    assert "62-A" in out.getvalue()
    early = io.StringIO()
    call_command("reports_due", territory="62", year=YEAR, late=True, on=f"{YEAR}-04-15", stdout=early)
    assert early.getvalue().startswith("0 comptes rendus")
    target = tmp_path / "campagne.csv"
    call_command("reports_due", territory="62", year=YEAR, output=target, stdout=io.StringIO())
    assert len(target.read_text(encoding="utf-8-sig").splitlines()) == 9
    for wrong in ({"on": "demain"}, {"year": 1812}, {"output": tmp_path / "x.pdf"}, {"territory": "99"}):
        with pytest.raises(CommandError) as caught:
            call_command("reports_due", **{"territory": "62", "year": YEAR, "stdout": io.StringIO()} | wrong)
        assert caught.value.returncode == 2
