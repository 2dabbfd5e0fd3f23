"""Exceptional access through the pages: asked, answered, used in sight of everybody, ended."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from core import rls
from core.errors import Conflict, NotAllowed
from parties import services
from parties.actors import Actor
from parties.enums import AccessMode, Role
from parties.models import AccessUse, ExceptionalAccess, JournalEntry, Membership, PlatformEvent, PlatformMembership
from tests.cast import Cast, make_access
from tests.jobs import Jobs

ASKED = {"incident": "INC-42", "justification": "Un total faux à l'écran", "hours": "2"}
BANNER = "Accès exceptionnel, lecture seule : Pas-de-Calais (62)."


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def uses(cast: Cast) -> list[tuple[str, str, str]]:
    with cast.acting("gestionnaire"):
        return list(AccessUse.objects.order_by("pk").values_list("method", "route", "path"))


def entries(cast: Cast, table: str) -> list[JournalEntry]:
    with cast.acting("gestionnaire"):
        return list(JournalEntry.objects.filter(table_name=table).order_by("pk"))


def test_from_the_request_to_the_end(cast: Cast, jobs: Jobs):
    platform, staff = cast.client("plateforme"), cast.client("gestionnaire")
    here = cast.territory["here"]
    page = platform.post(reverse("platform-access", args=[here.uuid]), ASKED, follow=True)
    assert "attend l&#x27;accord d&#x27;un gestionnaire" in text(page)
    jobs.run()
    [message] = mail.outbox
    assert message.to == ["gestionnaire@exemple.fr"]
    assert "Un total faux à l'écran" in message.body
    with cast.acting("plateforme"):
        access = ExceptionalAccess.objects.get(user=cast.user["plateforme"])
    assert f"http://testserver/acces-exceptionnels/{access.uuid}/" in message.body
    # Nothing is open before the answer.
    assert platform.post(reverse("access-enter", args=[access.uuid])).status_code == 404
    assert platform.get("/postes/").status_code == 403
    assert "À accorder ou refuser" in text(staff.get("/acces-exceptionnels/"))
    staff.post(reverse("access-approve", args=[access.uuid]))
    jobs.run()
    assert mail.outbox[-1].to == ["plateforme@exemple.fr"]
    # Inside: everything is read, everything says so, everything is noted.
    assert platform.post(reverse("access-enter", args=[access.uuid]), follow=True).status_code == 200
    for address in ("/", "/postes/", "/journal/", "/postes/introuvable/", "/aide/"):
        assert BANNER in text(platform.get(address)), address
    post = platform.get(reverse("post", args=[cast.post["b"].uuid]) + "?secret=1")
    assert "Poste B" in text(post)
    assert uses(cast)[-1] == ("GET", "post", reverse("post", args=[cast.post["b"].uuid]))
    assert ("GET", "", "/postes/introuvable/") in uses(cast)
    shown = text(staff.get(reverse("access", args=[access.uuid])))
    assert reverse("post", args=[cast.post["b"].uuid]) in shown
    sheet = staff.get(reverse("access-export", args=[access.uuid, "csv"])).content.decode("utf-8-sig")
    assert sheet.count("\r\n") == len(uses(cast)) + 1
    # And in the sealed journal of the territory.
    assert len(entries(cast, "parties_accessuse")) == len(uses(cast))
    assert [entry.action for entry in entries(cast, "parties_exceptionalaccess")][-2:] == ["insert", "update"]
    assert "accès exceptionnel" in text(staff.get("/journal/")).lower()
    # The territory ends it: the next request is outside again.
    staff.post(reverse("access-stop", args=[access.uuid]))
    count = len(uses(cast))
    assert platform.get("/postes/").status_code == 403
    assert BANNER not in text(platform.get("/plateforme/territoires/"))
    assert len(uses(cast)) == count


def test_its_holder_leaves_and_ends_it(cast: Cast):
    client = cast.client("exceptionnel")
    assert BANNER in text(client.get("/postes/"))
    client.post("/changer-d-organisation/", {"membership": cast.role["enquete"].uuid})
    assert client.get("/postes/").status_code == 403
    inside = cast.client("exceptionnel")
    page = inside.post(reverse("access-end", args=[cast.access.uuid]), follow=True)
    assert "L&#x27;accès est arrêté" in text(page)
    with cast.acting("gestionnaire"):
        access = ExceptionalAccess.objects.get(pk=cast.access.pk)
    assert (access.state, access.ended_by) == ("ended", cast.outside("enquete").label)
    with cast.acting("plateforme"):
        assert PlatformEvent.objects.get().act == "ended"


def test_its_time_over_the_page_is_closed(cast: Cast):
    over = make_access(cast, "plateforme", "here", mode=AccessMode.IMMEDIATE, started=dt.timedelta(minutes=61))
    client = cast.client("plateforme")
    assert client.post(reverse("access-enter", args=[over.uuid])).status_code == 404
    session = client.session
    session["membership"] = str(over.uuid)
    session.save()
    assert client.get("/postes/").status_code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_is_written_under_it(cast: Cast, method: str):
    client = cast.client("exceptionnel")
    for address in (
        "/postes/nouveau/",
        "/mon-compte/",
        "/api/v1/plans/",
        reverse("post-edit", args=[cast.post["a"].uuid]),
    ):
        answer = client.generic(method, address, "{}", content_type="application/json")
        assert answer.status_code == 403, address
        assert "lecture seule" in text(answer)
    assert uses(cast)[-1][0] == method, "an attempt is noted too"


def test_the_api_is_read_under_it_and_says_who(cast: Cast):
    client = cast.client("exceptionnel")
    me = client.get("/api/v1/me/").json()
    assert (me["role"], me["organisation"], me["territory"]["code"]) == ("exceptionnel", None, "62")
    assert client.get("/api/v1/plans/").json()["count"] == 5


def test_a_view_that_writes_anyway_is_stopped_by_postgresql(cast: Cast):
    """Were a page to write while answering a GET, the transaction would refuse: here a service called inside one."""
    from django.db import InternalError, transaction

    with transaction.atomic():
        rls.refuse_writing()
        rls.set_context(Actor.under(cast.access).context)
        with pytest.raises(InternalError, match="read-only transaction"), transaction.atomic():
            cast.post["a"].save()


def test_the_other_mode_opens_at_once_and_tells_the_managers(cast: Cast, jobs: Jobs, settings: Any):
    settings.COSIGNE_ACCESS_MODE = "immediat"
    platform = cast.client("plateforme")
    page = platform.post(reverse("platform-access", args=[cast.territory["here"].uuid]), ASKED, follow=True)
    assert "L&#x27;accès est ouvert" in text(page)
    jobs.run()
    [message] = mail.outbox
    assert message.to == ["gestionnaire@exemple.fr"]
    assert "lit en ce moment" in message.body
    with cast.acting("plateforme"):
        access = ExceptionalAccess.objects.get(user=cast.user["plateforme"])
        assert access.expires_at - access.granted_at == dt.timedelta(hours=2)
        assert [event.act for event in PlatformEvent.objects.all()] == ["started"]


def test_nobody_answers_their_own_request(cast: Cast):
    """A platform administrator who also manages the territory asks another manager."""
    with rls.acting(Actor.system(cast.territory["here"]).context):
        both = Membership.objects.create(
            user=cast.user["plateforme"], organisation=cast.org["departement"], role=Role.GESTIONNAIRE
        )
        by = Actor.of(Membership.objects.select_related("user", "organisation", "territory").get(pk=both.pk))
    asked = make_access(cast, "plateforme", "here")
    with rls.acting(by.context), pytest.raises(NotAllowed, match="sa propre demande"):
        services.approve_access(access=asked, by=by)


def test_an_answer_is_given_once_and_in_time(cast: Cast):
    by = cast.actor("gestionnaire")
    asked = make_access(cast, "plateforme", "here")
    with cast.acting("gestionnaire"):
        services.refuse_access(access=asked, by=by)
        with pytest.raises(Conflict, match="déjà reçu sa réponse"):
            services.approve_access(access=asked, by=by)
    late = make_access(cast, "plateforme", "there")
    late.created_at -= dt.timedelta(days=4)
    assert late.state == "lapsed"


def test_one_request_at_a_time(cast: Cast):
    asked = {"territory": cast.territory["here"], "justification": "X", "incident": "X", "hours": 1}
    services.request_access(**asked, by=cast.outside("plateforme"))
    with pytest.raises(Conflict, match="déjà demandé"):
        services.request_access(**asked, by=cast.outside("plateforme"))
    with pytest.raises(NotAllowed):
        services.request_access(**asked, by=cast.outside("national"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"incident": ""}, "un accès ne s&#x27;ouvre pas sans elle"),
        ({"justification": " "}, "Écrivez ce qu&#x27;il faut vérifier"),
        ({"hours": "5"}, "Choisissez une durée de la liste"),
    ],
)
def test_a_request_without_reason_or_too_long_is_refused(cast: Cast, change: dict[str, str], said: str):
    answer = cast.client("plateforme").post(
        reverse("platform-access", args=[cast.territory["here"].uuid]), {**ASKED, **change}
    )
    assert answer.status_code == 422
    assert said in text(answer)
    with cast.acting("plateforme"):
        assert not ExceptionalAccess.objects.filter(user=cast.user["plateforme"]).exists()


def test_a_role_withdrawn_closes_its_accesses(cast: Cast):
    client: Client = cast.client("exceptionnel")
    assert client.get("/postes/").status_code == 200
    with rls.acting(rls.Context(scope=rls.PLATFORM)):
        PlatformMembership.objects.filter(user=cast.user["enquete"]).update(closed_at="2026-01-01 00:00Z")
    assert client.get("/postes/").status_code == 403
