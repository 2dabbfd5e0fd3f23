"""The home page « À faire »: for each role, what waits, what is late, what is at risk and what comes next."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conventions.enums import Status
from conventions.models import Comment, Convention, Transition
from funding.enums import PlanStatus, TitreStatus
from funding.models import CostComponent, ExportBatch, FundingPlan, Titre
from posts.models import ActivityReturn, Occupancy
from reporting.home import Board, board_for
from reporting.home.agreements import MOST_DRAFTS
from reporting.home.items import MOST_LINES, TodoItem, capped, since
from tests.cast import YEAR, Cast, make_convention, make_plan, make_post, make_titre

DAY = dt.date(YEAR, 4, 15)


def board(cast: Cast, name: str, today: dt.date = DAY, year: int | None = None) -> Board:
    with cast.acting(name):
        return board_for(cast.actor(name), today=today, year=year)


def section(found: Board, key: str) -> list[TodoItem]:
    return next((list(s.items) for s in found.sections if s.key == key), [])


def titles(found: Board, key: str) -> list[str]:
    return [item.title for item in section(found, key)]


def one(found: Board, key: str, start: str) -> TodoItem:
    [item] = [item for item in section(found, key) if item.title.startswith(start)]
    return item


def kpis(found: Board) -> dict[str, object]:
    return {kpi.label: kpi.value for kpi in found.kpis}


# --- Gestionnaire -----------------------------------------------------------------------------------------------------


def test_gestionnaire_counts_the_whole_territory(cast: Cast):
    found = board(cast, "gestionnaire")
    assert kpis(found) == {
        "Postes": 5,
        "Conventions en vigueur": 2,
        f"Engagé pour {YEAR}": Decimal(90000),
        f"Appelé pour {YEAR}": Decimal(0),
    }
    assert next(k for k in found.kpis if k.label == "Postes").hint == "1 vacant"


def test_gestionnaire_corrects_what_was_sent_back_and_reads_why(cast: Cast):
    with cast.acting("gestionnaire"):
        Convention.objects.filter(pk=cast.convention["e"].pk).update(status=Status.A_CORRIGER)
        for reason in ("Un premier motif.", "Le nombre d'originaux est faux."):
            Transition.objects.create(
                convention=cast.convention["e"], act="send_back", from_status=Status.SOUMISE,
                to_status=Status.A_CORRIGER, by_label="Instructeur (Préfecture)", reason=reason,
            )  # fmt: skip
        for text, resolved in (("a", True), ("b", False), ("c", False)):
            Comment.objects.create(convention=cast.convention["e"], text=text, by_label="I", resolved=resolved)
    item = one(board(cast, "gestionnaire"), "attente", "Corriger la convention 62-E")
    assert item.detail == "Instructeur (Préfecture) : « Le nombre d'originaux est faux ». 2 remarques à traiter."
    assert item.url == f"/conventions/{cast.convention['e'].uuid}/?onglet=texte"


def test_gestionnaire_finishes_drafts_knowing_what_blocks(cast: Cast):
    item = one(board(cast, "gestionnaire"), "attente", "Finir la convention 62-D")
    assert item.status == "1 bloquant"
    assert item.tone == "danger"
    assert item.url == f"/conventions/{cast.convention['d'].uuid}/?onglet=controles"


def test_gestionnaire_sees_who_has_not_signed(cast: Cast):
    item = one(board(cast, "gestionnaire"), "attente", "Recueillir les signatures de la convention 62-B")
    assert item.detail == "Il manque : Préfecture, Police et Boulonnais."
    assert item.status == "1 sur 4"
    with cast.acting("gestionnaire"):
        Convention.objects.filter(pk=cast.convention["b"].pk).update(status=Status.APPROUVEE)
    assert "Mettre en signature la convention 62-B" in titles(board(cast, "gestionnaire"), "attente")


def test_gestionnaire_balances_plans_and_reads_by_how_much(cast: Cast):
    assert not [t for t in titles(board(cast, "gestionnaire"), "attente") if t.startswith("Équilibrer")]
    with cast.acting("gestionnaire"):
        CostComponent.objects.filter(plan=cast.plan["d"]).update(amount=Decimal("30000.01"))
    item = one(board(cast, "gestionnaire"), "attente", "Équilibrer « Plan D")
    assert item.amount == Decimal("0.01")
    assert item.detail == "Il manque 0,01\u202f€ pour couvrir le coût."
    assert item.url == f"/financements/{cast.plan['d'].uuid}/modifier/"
    with cast.acting("gestionnaire"):
        # Half a year of the same yearly cost: the shares now exceed it.
        FundingPlan.objects.filter(pk=cast.plan["d"].pk).update(prorata="months", period_end=dt.date(YEAR, 6, 30))
        CostComponent.objects.filter(plan=cast.plan["d"]).update(amount=Decimal(50000))
    item = one(board(cast, "gestionnaire"), "attente", "Équilibrer « Plan D")
    assert item.detail == "Les parts dépassent le coût de 5\u202f000\u202f€."
    with cast.acting("gestionnaire"):
        CostComponent.objects.filter(plan=cast.plan["d"]).delete()
    assert one(board(cast, "gestionnaire"), "attente", "Équilibrer").status == "À compléter"


def test_gestionnaire_fills_posts_and_calls_what_is_due(cast: Cast):
    """What it amounts to is counted with the money at risk: tests/reporting/test_steering_reading.py."""
    found = board(cast, "gestionnaire")
    vacancy = one(found, "attente", "Pourvoir « Poste C »")
    assert vacancy.detail.startswith(f"Vacant depuis le 1er janvier {YEAR - 2} : les titres se réduisent")
    assert found.risk_url == f"/pilotage/risques/?annee={YEAR}"
    assert not board(cast, "employeur_a").risk_url
    with cast.acting("gestionnaire"):
        Titre.objects.filter(plan=cast.plan["a"]).delete()
        Occupancy.objects.create(post=cast.post["c"], start=dt.date(YEAR, 4, 15))
    found = board(cast, "gestionnaire")
    assert not [title for title in titles(found, "attente") if title.startswith("Pourvoir")]
    item = one(found, "attente", f"Préparer les titres de « Plan A {YEAR} »")
    assert item.amount == Decimal(28000), "the employer's own share is not claimed"


def test_months_of_activity_are_late_once_over(cast: Cast):
    found = board(cast, "gestionnaire", today=dt.date(YEAR, 2, 28))
    assert one(found, "retard", "Saisir l’activité de « Poste A »").detail == f"Janvier {YEAR}."
    with cast.acting("gestionnaire"):
        for key in "abe":
            for month in (1, 2, 3):
                counts = {"women": 1, "men": 0, "children": 0}
                ActivityReturn.objects.create(post=cast.post[key], year=YEAR, month=month, **counts)
    found = board(cast, "gestionnaire")
    assert [t for t in titles(found, "retard") if "activité" in t] == ["Saisir l’activité de « Poste D »"]
    late = one(found, "retard", "Saisir l’activité")
    assert late.status == "3 mois manquants"
    assert late.url == f"/activite/{cast.post['d'].uuid}/{YEAR}/"


def test_ends_and_notices_are_announced_then_late(cast: Cast):
    assert board(cast, "gestionnaire").dates == ()
    [notice] = board(cast, "gestionnaire", today=dt.date(YEAR, 7, 15)).dates
    assert (notice.date, notice.label) == (dt.date(YEAR, 9, 30), "Dernier jour pour dénoncer la convention 62-C")
    [end] = board(cast, "gestionnaire", today=dt.date(YEAR, 11, 1)).dates
    assert (end.date, end.label) == (dt.date(YEAR, 12, 31), "Fin de la convention 62-C")
    after = board(cast, "gestionnaire", today=dt.date(YEAR + 1, 1, 1))
    assert after.dates == ()
    assert one(after, "retard", "Renouveler la convention 62-C").due == dt.date(YEAR, 12, 31)
    with cast.acting("gestionnaire"):
        Convention.objects.filter(pk=cast.convention["d"].pk).update(previous=cast.convention["c"])
    after = board(cast, "gestionnaire", today=dt.date(YEAR + 1, 1, 1))
    assert not [t for t in titles(after, "retard") if t.startswith("Renouveler")]


# --- The other roles --------------------------------------------------------------------------------------------------


def submitted(cast: Cast, key: str) -> None:
    parties = ["prefecture", "departement"]
    reference = f"62-{key.upper()}"
    make_convention(cast, key, reference=reference, post="d", plan="d", parties=parties, status=Status.SOUMISE)


def test_instructeur_reviews_the_longest_waiting_first(cast: Cast):
    with cast.acting("gestionnaire"):
        make_convention(
            cast,
            "f",
            reference="62-F",
            post="d",
            plan="d",
            parties=["prefecture", "departement"],
            status=Status.SOUMISE,
        )
    with time_machine.travel(dt.datetime(YEAR, 4, 10, 12, tzinfo=dt.UTC), tick=False), cast.acting("gestionnaire"):
        # Submitted again on that day: what counts is the last time.
        for key in ("e", "f"):
            Transition.objects.create(
                convention=cast.convention[key],
                act="submit",
                from_status="a_corriger",
                to_status="soumise",
                by_label="G",
            )
    with time_machine.travel(dt.datetime(YEAR, 2, 1, 12, tzinfo=dt.UTC), tick=False), cast.acting("gestionnaire"):
        make_convention(
            cast,
            "g",
            reference="62-G",
            post="d",
            plan="d",
            parties=["prefecture", "departement"],
            status=Status.SOUMISE,
        )
    found = board(cast, "instructeur")
    assert titles(found, "retard") == ["Instruire la convention 62-G"]
    assert section(found, "retard")[0].status == "73 jours"
    assert titles(found, "attente") == [
        "Instruire la convention 62-E",
        "Instruire la convention 62-F",
        "Signer la convention 62-B",
    ]
    first = section(found, "attente")[0]
    assert first.detail == f"De nouveau soumise depuis le 10 avril {YEAR} (5 jours)."
    assert first.url == f"/conventions/{cast.convention['e'].uuid}/revue/"


def test_finances_exports_completes_recovers_and_owes(cast: Cast):
    found = board(cast, "finances_a")
    ready = one(found, "attente", "Exporter 1 titre prêt")
    assert (ready.amount, ready.url) == (Decimal(14000), "/titres/?statut=pret")
    blocked = one(found, "risque", "Compléter le titre à Préfecture")
    assert (blocked.detail, blocked.amount) == ("Le SIRET du débiteur manque.", Decimal(14000))
    assert not section(found, "du"), "it funds its own posts only"
    other = board(cast, "finances_b")
    owed = one(other, "du", f"Prévoir ce que vous devez pour {YEAR}")
    assert (owed.amount, owed.url) == (Decimal(16000), f"/titres/a-payer/#annee-{YEAR}")
    assert not section(other, "risque")


def test_finances_follows_what_is_issued_until_it_is_paid(cast: Cast):
    with cast.acting("finances_a"):
        batch = ExportBatch.objects.create(
            issuer=cast.org["epci_a"], year=YEAR, number=1, file_format="csv", filename="f.csv", sha256="0" * 64,
            content=b"x", count=1, total=Decimal(14000), by_label="F",
        )  # fmt: skip
        Titre.objects.filter(pk=cast.titre["a_departement"].pk).update(status=TitreStatus.EXPORTE, batch=batch)
        Titre.objects.filter(pk=cast.titre["a_departement"].pk).update(status=TitreStatus.EMIS, received=Decimal(4000))
    found = board(cast, "finances_a")
    assert one(found, "risque", "Suivre 1 titre émis et non encaissé").amount == Decimal(10000)
    assert kpis(found)[f"Appelé pour {YEAR}"] == Decimal(14000)
    assert not section(found, "attente")


def test_partenaire_signs(cast: Cast):
    found = board(cast, "partenaire")
    assert titles(found, "attente") == ["Signer la convention 62-B"]
    assert section(found, "attente")[0].detail == "Signataire désigné : Camille Police."
    assert len(found.sections) == 1


def test_employeur_enters_activity_and_sees_no_amount(cast: Cast):
    found = board(cast, "employeur_d")
    assert titles(found, "attente") == ["Saisir l’activité de « Poste D »"]
    assert set(kpis(found)) == {"Postes", "Conventions en vigueur"}


def test_nothing_to_do_says_so(cast: Cast):
    with cast.acting("gestionnaire"):
        for month in (1, 2, 3):
            ActivityReturn.objects.create(post=cast.post["d"], year=YEAR, month=month, women=0, men=0, children=0)
    assert board(cast, "employeur_d").is_clear
    with time_machine.travel(dt.datetime(YEAR, 4, 15, 12, tzinfo=dt.UTC), tick=False):
        assert "Rien ne vous attend" in cast.client("employeur_d").get("/").content.decode()
        assert "Rien ne vous attend" not in cast.client("employeur_a").get("/").content.decode()


def test_nobody_reads_another_s_work(cast: Cast):
    everything = told(board(cast, "finances_a")) + told(board(cast, "employeur_a"))
    for foreign in ("62-B", "62-C", "62-D", "Boulonnais", "Poste B", "Poste C", "16000"):
        assert foreign not in everything
    assert "62-" not in told(board(cast, "gestionnaire_there"))


def told(shown: Board) -> str:
    """What a board says, without the addresses' identifiers: drawn at random, they may hold anything."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", str(shown))


# --- The page ---------------------------------------------------------------------------------------------------------

ROLES = ["gestionnaire", "instructeur", "finances_a", "finances_b", "partenaire", "employeur_a", "gestionnaire_there"]


@pytest.mark.parametrize("name", ROLES)
def test_every_line_of_the_page_leads_somewhere(cast: Cast, name):
    with time_machine.travel(dt.datetime(YEAR, 7, 15, 12, tzinfo=dt.UTC), tick=False):
        client = cast.client(name)
        page = client.get("/")
        assert page.status_code == 200
        found: Board = page.context["board"]
        urls = {item.url for s in found.sections for item in s.items}
        urls |= {d.url for d in found.dates} | {k.url for k in found.kpis if k.url}
        assert urls
        for url in sorted(urls):
            assert client.get(url.split("#")[0]).status_code == 200, url


def test_the_year_counted_is_the_current_one_or_the_last_that_has_a_plan(cast: Cast):
    assert board(cast, "gestionnaire").year == YEAR
    assert board(cast, "gestionnaire", today=dt.date(YEAR + 3, 1, 1)).year == YEAR
    assert board(cast, "gestionnaire", today=dt.date(YEAR - 3, 1, 1)).year == YEAR - 3
    with time_machine.travel(dt.datetime(YEAR, 4, 15, 12, tzinfo=dt.UTC), tick=False):
        client = cast.client("gestionnaire")
        assert client.get(f"/?annee={YEAR - 1}").context["board"].year == YEAR - 1
        for nonsense in ("abc", "-1", "99999", "²"):
            assert client.get("/", {"annee": nonsense}).context["board"].year == YEAR


def test_queries_do_not_grow_with_the_territory(cast: Cast):
    """Three of each, then many more: the same number, drafts' checks aside, which are capped."""

    def grow(start: int, stop: int) -> None:
        with cast.acting("gestionnaire"):
            for n in range(start, stop):
                key = f"x{n}"
                make_post(
                    cast, key, employer="epci_a", unit="police", filled_since=None if n % 2 else dt.date(YEAR, 1, 1)
                )
                financers = ["prefecture", "departement", "epci_a"]
                make_plan(cast, key, post=key, cost=Decimal(30000), financers=financers, status=PlanStatus.ENGAGE)
                make_plan(cast, f"y{n}", post=key, cost=Decimal(30000), financers=financers, status=PlanStatus.PROJET)
                CostComponent.objects.filter(plan=cast.plan[f"y{n}"]).update(amount=Decimal(30003))
                for state in (Status.SOUMISE, Status.APPROUVEE, Status.EN_SIGNATURE, Status.SIGNEE, Status.A_CORRIGER):
                    make_convention(
                        cast, f"{key}{state}", reference=f"62-{key}-{state}", post=key, plan=key,
                        parties=["prefecture", "departement", "epci_a"], status=state, period_end=dt.date(YEAR, 6, 30),
                    )  # fmt: skip
                make_titre(cast, key, plan="a", debtor="departement", amount=Decimal(10), status=TitreStatus.A_PREPARER)

    def queries(name: str) -> int:
        with cast.acting(name), CaptureQueriesContext(connection) as captured:
            board_for(cast.actor(name), today=DAY)
        return len(captured)

    names = ("gestionnaire", "instructeur", "finances_a", "partenaire", "employeur_a")
    grow(0, 2)
    before = {name: queries(name) for name in names}
    grow(2, 10)
    assert {name: queries(name) for name in names} == before
    # A handful for each section of the page, budget lines, grants and steps of the State's rates included.
    assert max(before.values()) < 60


def test_drafts_beyond_those_shown_are_not_checked(cast: Cast):
    with cast.acting("gestionnaire"):
        for n in range(MOST_DRAFTS + 3):
            make_convention(
                cast,
                f"d{n}",
                reference=f"62-D{n}",
                post="d",
                plan="d",
                parties=["departement"],
                status=Status.BROUILLON,
            )
    drafts = [t for t in titles(board(cast, "gestionnaire"), "attente") if "brouillon" in t or t.startswith("Finir")]
    assert len(drafts) == MOST_DRAFTS + 1
    assert drafts[-1] == "et 4 autres brouillons"


def test_capped_lists_keep_their_total():
    items = [TodoItem(str(n), "/", amount=Decimal(n)) for n in range(1, MOST_LINES + 3)]
    assert capped(items[:MOST_LINES], noun="plan", url="/x/") == items[:MOST_LINES]
    shown = capped(items, noun="plan", url="/x/")
    assert shown[-1].title == "et 2 autres plans"
    assert sum(item.amount for item in shown) == sum(item.amount for item in items)
    assert capped(items[: MOST_LINES + 1], noun="convention à corriger", url="/")[-1].title == (
        "et 1 autre convention à corriger"
    )


def test_since_says_the_date_and_the_days():
    assert since(DAY, DAY) == "depuis aujourd’hui"
    assert since(DAY - dt.timedelta(days=1), DAY) == f"depuis le 14 avril {YEAR} (1 jour)"
    assert timezone.get_current_timezone_name() == "Europe/Paris"


def test_the_platform_reads_which_territories_need_it(cast: Cast):
    client = cast.client("plateforme")
    assert client.get("/plateforme/territoires/").context["items"] == []
    client.post(f"/plateforme/territoires/{cast.territory['there'].uuid}/suspendre/", {"reason": "Demande de la DPO"})
    [item] = client.get("/plateforme/territoires/").context["items"]
    assert (item.title, item.status) == ("Rouvrir Somme (80) ?", "Suspendu")
    assert item.url == f"/plateforme/territoires/{cast.territory['there'].uuid}/"
