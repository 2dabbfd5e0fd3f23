"""Isolation, seen from outside: pages, API, files, searches, counts and messages.

EPCI B's things are marked with words and figures nobody else has (``planted``); then everything a person of EPCI A, the
police, or another territory can open is read, decoded (CSV, XLSX, PDF, JSON, HTML), and searched for these marks. The
same walk by B's own people finds them: the marks would be seen if they were there.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import uuid
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook
from pypdf import PdfReader

from conventions.enums import ConventionAct, Status
from conventions.models import (
    Comment,
    CommentMessage,
    Convention,
    ConventionVersion,
    Decision,
    Deliberation,
    Transition,
)
from conventions.text import preview_content
from funding.models import (
    AllocationKey,
    BudgetImputation,
    BudgetLine,
    CostComponent,
    ExportBatch,
    FundingPlan,
    Share,
    Titre,
)
from parties.models import Membership, User
from posts.models import ActivityReturn, Occupancy, Post
from tests.cast import YEAR, make_titre
from tests.reads import ACCOUNTS, READS, SWITCHED_OFF
from tests.routes import ANONYMOUS, PAST, ROUTES, Route, Scene, plain, shared_scene, undone  # noqa: F401

#: In every text of B, and nowhere else. Searches use its beginning, which an answer may repeat.
MARK, ASKED = "Zqxv", "Zqx"
#: B's amounts, as a machine and as a Frenchman write them (spaces taken out).
AMOUNTS = (Decimal("47771.13"), Decimal("13131.31"), Decimal("23456.78"))
WOMEN = 7919
INTERNAL = "Zqxinterne"
SECRETS = re.compile(
    rf"(?:{MARK}|{INTERNAL}|" + "|".join(str(a).replace(".", "[.,]") for a in AMOUNTS) + rf"|\b{WOMEN}\b)",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def planted(shared_scene: Scene) -> Scene:  # noqa: F811
    """The scene with B's things marked: labels, notes, references, amounts, files, texts."""
    cast, world = shared_scene.cast, shared_scene.world
    plan, convention = cast.plan["b"], cast.convention["b"]
    with cast.acting("gestionnaire"):
        # What B pays without employing anybody is its own business too.
        Post.objects.filter(pk=cast.post["c"].pk).update(label=f"{MARK} poste vacant")
        FundingPlan.objects.filter(pk=cast.plan["c"].pk).update(label=f"{MARK} dette")
        Post.objects.filter(pk=cast.post["b"].pk).update(label=f"{MARK} poste", residence=f"{MARK}ville", note=MARK)
        Occupancy.objects.filter(post=cast.post["b"]).update(note=f"{MARK} occupation")
        FundingPlan.objects.filter(pk=plan.pk).update(label=f"{MARK} plan", note=f"{MARK} note")
        CostComponent.objects.filter(plan=plan).update(label=f"{MARK} coût", amount=AMOUNTS[0])
        Share.objects.filter(plan=plan).update(label=f"{MARK} part", footnote=f"{MARK} renvoi", amount=AMOUNTS[2])
        AllocationKey.objects.filter(pk=world.key["b"].pk).update(label=f"{MARK} clé")
        ActivityReturn.objects.filter(pk=world.activity["b"].pk).update(women=WOMEN, note=f"{MARK} relevé")
        votes = Deliberation.objects.filter(pk=world.deliberation["b"].pk)
        votes.update(title=f"{MARK} vote", number=f"{MARK}-1")
        Decision.objects.filter(deliberation__in=votes).update(subject=f"{MARK} décision", amount=AMOUNTS[0])
        BudgetLine.objects.filter(pk=shared_scene.line["b"].pk).update(
            label=f"{MARK} ligne", operation=f"{MARK}-op", voted=AMOUNTS[0], source=f"{MARK} budget"
        )
        BudgetImputation.objects.create(
            budget_line=shared_scene.line["b"], since=dt.date(YEAR, 1, 1), nature="6568", service=f"{MARK}S"
        )
        titre = make_titre(cast, "b", plan="b", debtor="departement", amount=AMOUNTS[1])
        Titre.objects.filter(pk=titre.pk).update(subject=f"{MARK} titre", reference=f"{MARK}-R")
        batch = world.batch["b"]
        ExportBatch.objects.create(
            territory_id=batch.territory_id, issuer=batch.issuer, year=PAST, number=2, file_format="csv",
            filename=f"{MARK}.csv", sha256="2" * 64, content=f"{MARK};lot\r\n".encode(), count=1, total=AMOUNTS[1],
        )  # fmt: skip
        Convention.objects.filter(pk=convention.pk).update(title=f"{MARK} convention", reference=f"62-{MARK}")
        convention.refresh_from_db()
        internal = {"convention": convention, "by_label": "Instructeur"}
        Comment.objects.filter(convention=convention).update(text=f"{INTERNAL} remarque")
        for comment in Comment.objects.filter(convention=convention):
            CommentMessage.objects.create(
                comment=comment, side="gestionnaire", text=f"{INTERNAL} réponse", by_label="Gestionnaire"
            )
        for act, target in ((ConventionAct.SEND_BACK, Status.A_CORRIGER), (ConventionAct.SET_ASIDE, Status.SOUMISE)):
            Transition.objects.create(
                act=act, from_status=Status.SOUMISE, to_status=target, reason=f"{INTERNAL} motif", **internal
            )
        ConventionVersion.objects.create(
            convention=convention,
            number=3,
            content=preview_content(Convention.objects.get(pk=convention.pk)).content,
            sha256="3" * 64,
            approved_by_label="Instructeur",
            approved_at=timezone.now(),
        )
    return shared_scene


# --- Reading answers --------------------------------------------------------------------------------------------------


def text_of(response: Any) -> str:
    """The words of an answer, whatever its format; spaces inside numbers taken out."""
    kind = response.headers.get("Content-Type", "")
    content = response.getvalue() if response.streaming else response.content
    if kind.startswith("application/pdf"):
        pages = PdfReader(io.BytesIO(content)).pages
        text = "\n".join(page.extract_text() for page in pages)
    elif "wordprocessingml" in kind:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            text = re.sub(r"<[^>]+>", "", archive.read("word/document.xml").decode())
    elif "spreadsheetml" in kind:
        book = load_workbook(io.BytesIO(content))
        text = "\n".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value)
    else:
        text = content.decode("utf-8-sig")
    return re.sub(r"(?<=\d)[\s\u00a0\u202f]+(?=\d{3})", "", text)


def queries(scene: Scene, route: Route) -> list[str]:
    """What can be asked of an address: a list's files, a search for the marks, filters naming B's things; tabs."""
    if route.name == "convention":
        return [f"onglet={tab}" for tab in ("plan", "parties", "historique", "signatures", "controles")]
    if route.names_object or route.name in ONCE or route.name.endswith(("-create", "-import")):
        return []
    cast, world = scene.cast, scene.world
    epci, post, plan, batch = cast.org["epci_b"], cast.post["b"], cast.plan["b"], world.batch["b"]
    if route.is_api:
        return [f"q={ASKED}", f"employer={epci.uuid}&year={YEAR}", f"plan={plan.uuid}", f"party={epci.uuid}"]
    named = f"employeur={epci.pk}&organisation={epci.uuid}&emetteur={epci.pk}&poste={post.uuid}&lot={batch.uuid}"
    return [f"q={ASKED}", "format=xlsx", "format=csv", f"{named}&annee={YEAR}"]


#: Take no parameter.
ONCE = {
    "api-steering-risks",
    "api-steering-costs",
    "bilan-pdf",
    "bilan-export",
    "api-schema",
    "api-docs",
    "help",
    "account",
    "login",
    "api-bilan",
    "api-bilans",
}


#: Addresses that are a secret themselves: who holds one is its owner, whatever the session
#: (tests/conventions/test_calendar_pages.py, tests/reporting/test_circuit.py).
BY_SECRET = {"calendar-feed", "signing", "signing-document"}


def walk(scene: Scene, role: str, owner: str) -> Iterator[tuple[str, str]]:
    """The words of everything ``role`` can GET: each address about the things of ``owner``, with each query."""
    client = scene.client(role)
    for route in ROUTES.values():
        if route.name in BY_SECRET:
            continue
        url = scene.address(route, owner)
        response = client.get(url)
        yield url, text_of(response)
        if response.status_code == 200:
            for query in queries(scene, route):
                yield f"{url}?{query}", text_of(client.get(f"{url}?{query}"))


def leaks(scene: Scene, role: str, owner: str) -> dict[str, set[str]]:
    """Address → marks of B found there."""
    found = {url: set(SECRETS.findall(text)) for url, text in walk(scene, role, owner)}
    return {url: marks for url, marks in found.items() if marks}


# --- Nothing of B -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "owner"),
    [("finances_a", "a"), ("employeur_d", "b"), ("finances_a", "b"), ("gestionnaire_there", "b")],
)
def test_no_page_file_search_or_answer_of_the_api_holds_anything_of_b(planted: Scene, role: str, owner: str):
    assert leaks(planted, role, owner) == {}


def test_the_marks_are_seen_by_those_who_may(planted: Scene):
    """B's finance officer meets them in lists, files, search, documents; what is internal stays internal."""
    found = leaks(planted, "finances_b", "b")
    where = " ".join(found)
    for part in (
        "/postes/?format=csv",
        "/postes/?format=xlsx",
        "/financements/?format=csv",
        "/titres/?format=csv",
        "/titres/a-payer/?format=xlsx",
        "/conventions/export.csv",
        "/recherche/?q=",
        "convention.pdf",
        "onglet=plan",
        "/api/v1/plans/",
        "/api/v1/titres/?",
        "/api/v1/conventions/",
        "/api/v1/activity/",
        "/api/v1/allocation-keys/",
        "/api/v1/deliberations/",
        "/api/v1/titres-exports/",
        "/document/",
    ):
        assert part in where, part
    assert {mark for marks in found.values() for mark in marks} >= {MARK, "13131.31", "47771.13", str(WOMEN)}

    assert not any(INTERNAL in marks for marks in found.values())


def test_parties_read_nothing_of_what_staff_and_prefecture_say_to_each_other(planted: Scene):
    """The police, host of the post: the convention's pages, files and API. Staff and préfecture do read it."""
    of_convention = [route for route in ROUTES.values() if re.match(r"(api-)?convention", route.name)]
    for route in of_convention:
        url = planted.address(route, "b")
        for address in [url, *(f"{url}?{query}" for query in queries(planted, route))]:
            assert INTERNAL not in text_of(planted.client("partenaire").get(address)), address
    page = planted.address(ROUTES["convention"], "b")
    for reader in ("gestionnaire", "instructeur"):
        assert INTERNAL in planted.client(reader).get(f"{page}?onglet=historique").text
        assert INTERNAL in planted.client(reader).get(f"/api/v1{page}transitions/").text


@pytest.mark.parametrize("role", ["finances_a", "employeur_a", "gestionnaire_there"])
def test_counts_do_not_tell_how_many_there_are(planted: Scene, role: str):
    """A list filtered on B's things is empty, and says zero."""
    client, cast = planted.client(role), planted.cast
    for path, query in (
        ("posts", f"employer={cast.org['epci_b'].uuid}"),
        ("plans", f"employer={cast.org['epci_b'].uuid}"),
        ("conventions", f"party={cast.org['epci_b'].uuid}"),
        ("titres", f"employer={cast.org['epci_b'].uuid}"),
        ("titres-exports", f"employer={cast.org['epci_b'].uuid}"),
        ("activity", f"employer={cast.org['epci_b'].uuid}"),
        ("deliberations", f"organisation={cast.org['epci_b'].uuid}"),
    ):
        response = client.get(f"/api/v1/{path}/?{query}")
        if response.status_code != 403:
            assert (response.json()["count"], response.json()["results"]) == (0, []), path
    for kind in ("Postes", "Plans", "Conventions", "Titres"):
        assert f"<h2>{kind}" not in client.get("/recherche/", {"q": MARK}).text


def test_suggestions_come_from_public_reference_data_only(planted: Scene):
    for role in ("gestionnaire", "gestionnaire_there"):
        for url in ("/annuaire/referentiel/?reference=", "/unites/communes/?commune="):
            response = planted.client(role).get(url + ASKED)
            assert response.status_code == 200
            assert not SECRETS.search(text_of(response))


# --- Saying nothing about what exists ---------------------------------------------------------------------------------

#: Directory entries are everybody's within a territory.
DIRECTORY = re.compile(r"(api-)?(organisation|mandate|unit|territory)")


@pytest.mark.parametrize(
    ("role", "owner"),
    [("finances_a", "b"), ("finances_b", "a"), ("employeur_a", "b"), ("gestionnaire_there", "a"), ("partenaire", "a")],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_somebody_else_s_object_and_one_that_does_not_exist_answer_alike(
    planted: Scene, role: str, owner: str, method: str
):
    client, different, tried = planted.client(role), [], 0
    for route in ROUTES.values():
        here = role != "gestionnaire_there"
        if not route.names_object or (here and DIRECTORY.match(route.name)):
            continue
        tried += 1
        answers = [
            client.generic(method, url, "{}", content_type="application/json")
            for url in (planted.address(route, owner), planted.nowhere(route))
        ]
        if answers[0].status_code != answers[1].status_code or plain(answers[0]) != plain(answers[1]):
            different.append((route.name, [answer.status_code for answer in answers]))
    assert tried > 40
    assert different == []


def test_identifiers_in_a_body_answer_alike(planted: Scene):
    cast = planted.cast
    cases = [
        ("employeur_a", "PUT", "/api/v1/activity/", lambda pk: {"post": pk, "year": PAST, "month": 2}, cast.post),
        ("gestionnaire_there", "POST", "/api/v1/plans/", lambda pk: {"posts": [pk], "employer": pk}, cast.post),
        ("gestionnaire_there", "POST", "/api/v1/conventions/", lambda pk: {"plans": [pk]}, cast.plan),
    ]
    for role, method, url, body, things in cases:
        answers = [
            planted.client(role).generic(method, url, json.dumps(body(str(pk))), content_type="application/json")
            for pk in (things["b"].uuid, uuid.uuid4())
        ]
        assert answers[0].status_code == 400
        assert plain(answers[0]) == plain(answers[1])
    for field, address in (("plan", "/titres/preparer/"), ("membership", "/changer-d-organisation/")):
        known = {"plan": cast.plan["b"], "membership": cast.membership["finances_b"]}[field]
        answers = [planted.client("finances_a").post(address, {field: pk}) for pk in (known.uuid, uuid.uuid4())]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert plain(answers[0]) == plain(answers[1])


# --- States of a convention -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "status", "blind", "sees"),
    [
        ("d", Status.BROUILLON, ("instructeur", "employeur_d", "finances_a", "partenaire"), ("gestionnaire",)),
        ("e", Status.SOUMISE, ("finances_a", "employeur_a", "partenaire"), ("gestionnaire", "instructeur")),
        ("e", Status.A_CORRIGER, ("finances_a", "employeur_a", "partenaire"), ("gestionnaire", "instructeur")),
        ("e", Status.ABANDONNEE, ("finances_a", "employeur_a", "partenaire"), ("gestionnaire", "instructeur")),
        ("e", Status.APPROUVEE, ("finances_b", "employeur_d", "partenaire"), ("finances_a", "instructeur")),
    ],
)
def test_a_text_being_written_is_read_by_those_who_write_and_review_it(
    planted: Scene, key: str, status: str, blind: tuple[str, ...], sees: tuple[str, ...]
):
    convention = planted.cast.convention[key]
    reads = [r for r in ROUTES.values() if r.kwargs == ("uuid",) and re.match(r"(api-)?convention", r.name)]
    with undone():
        with planted.cast.acting("gestionnaire"):
            Convention.objects.filter(pk=convention.pk).update(status=status, title="Intitulé à taire")
            state = {"from_status": convention.status, "to_status": status, "reason": "Une date", "by_label": "X"}
            Transition.objects.create(convention=convention, act=ConventionAct.REOPEN, **state)
        for role in blind:
            for route in reads:
                response = planted.client(role).get(planted.address(route, "a", uuid=convention.uuid))
                assert response.status_code in (403, 404, 405), (role, route.name)
            for url in (
                "/conventions/",
                "/conventions/export.csv",
                "/recherche/?q=Intitul",
                "/",
                "/api/v1/conventions/",
            ):
                assert "Intitulé à taire" not in planted.client(role).get(url).text, (role, url)
        for role in sees:
            page = planted.address(ROUTES["convention"], "a", uuid=convention.uuid)
            assert planted.client(role).get(page).status_code == 200, role


# --- Memberships and sessions -----------------------------------------------------------------------------------------


def everything_closed(scene: Scene, client: Client, *, closed_to: str) -> list[str]:
    """Addresses that answer something to a browser that should be told nothing."""
    wrong = []
    for route in ROUTES.values():
        response = client.get(scene.address(route, "a"))
        shut = response.status_code in (401, 403, 404, 405)
        if closed_to == ANONYMOUS and not route.is_api and route.name not in SWITCHED_OFF:
            shut = response.status_code == 302 and response["Location"].startswith("/connexion/")
        if not shut and not READS[route.name] >= ACCOUNTS:
            wrong.append(f"{route.name}: {response.status_code}")
    return wrong


@pytest.mark.parametrize("change", ["ended", "not begun"])
def test_a_session_gives_nothing_once_the_membership_is_over(planted: Scene, change: str):
    cast, today = planted.cast, timezone.localdate()
    with undone():
        client = cast.client("finances_a")
        assert client.get(planted.address(ROUTES["plan"], "a")).status_code == 200
        with cast.acting("gestionnaire"):
            held = Membership.objects.filter(pk=cast.membership["finances_a"].pk)
            dates = {"end": today - timedelta(days=1)} if change == "ended" else {"start": today + timedelta(days=1)}
            assert held.update(**dates) == 1
        assert everything_closed(planted, client, closed_to="sans_role") == []
        for method, url in (
            ("POST", "/titres/preparer/"),
            ("POST", "/titres/exporter/"),
            ("POST", "/api/v1/titres-exports/"),
        ):
            assert client.generic(method, url, "{}", content_type="application/json").status_code == 403


def test_a_closed_account_is_nobody(planted: Scene):
    with undone():
        client = planted.cast.client("finances_a")
        User.objects.filter(pk=planted.cast.user["finances_a"].pk).update(is_active=False)
        assert everything_closed(planted, client, closed_to=ANONYMOUS) == []


def test_somebody_else_s_membership_is_not_taken(planted: Scene):
    """Neither by asking for it nor by a session that names it."""
    cast = planted.cast
    with undone():
        client = cast.client("finances_a")
        for name in ("gestionnaire", "finances_b", "employeur_a", "gestionnaire_there"):
            wanted = str(cast.membership[name].uuid)
            assert client.post("/changer-d-organisation/", {"membership": wanted}).status_code == 404
            session = client.session
            session["membership"] = wanted
            session.save()
            me = client.get("/api/v1/me/").json()
            assert (me["role"], me["organisation"]["key"]) == ("finances", "epci-a")
            assert client.get(planted.address(ROUTES["plan"], "b")).status_code == 404
