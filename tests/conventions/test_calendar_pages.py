"""The calendar's pages, its mails, and the secret address that programs read."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from conventions import tasks
from conventions.calendar.feed import calendar_file, sequence_of
from conventions.calendar.obligation import Obligation
from conventions.calendar.reading import calendar_of
from conventions.enums import ObligationKind
from conventions.models import CalendarFeed, CalendarPreference, CalendarReminder
from conventions.presentation.calendar import lines_of, month_asked, month_of
from conventions.services.calendar import holder_of, renew_feed, revoke_feed, set_reminders
from conventions.services.reminders import remind_territory
from core.errors import NotAllowed
from core.findings import Mark
from parties.actors import Actor
from parties.models import Membership
from parties.services import suspend_territory
from tests.cast import YEAR, Cast
from tests.tokens import make_token

pytestmark = pytest.mark.django_db

DAY = dt.date(YEAR, 4, 10)
NOON = dt.datetime(YEAR, 4, 10, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def fresh_counters():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def today():
    with time_machine.travel(NOON, tick=False):
        yield DAY


def obligation(**changes) -> Obligation:
    base = {
        "uid": "titre-u-1",
        "kind": ObligationKind.TITRE,
        "due_on": dt.date(YEAR, 5, 1),
        "title": "Titre, « été » ; n° 1",
        "convention": "62-X",
        "convention_url": "/c/",
        "url": "/p/",
        "bodies": (),
        "source": "Une règle",
    }
    return Obligation(**(base | changes))


# --- Pages ------------------------------------------------------------------------------------------------------------


def test_the_list_shows_what_is_late_or_to_come_and_filters(cast: Cast, today):
    client = cast.client("gestionnaire")
    page = client.get("/calendrier/").content.decode()
    assert "Chiffres du 1er trimestre" in page
    assert "En retard" in page
    assert "Date lue dans des conventions publiées" in page
    late = client.get("/calendrier/", {"retard": "on"}).context["page_obj"].object_list
    assert late
    assert {line.status for line in late} == {"En retard"}
    one = client.get("/calendrier/", {"convention": "62-C"}).context["page_obj"].object_list
    assert {line.row.convention for line in one} == {"62-C"}
    mine = client.get("/calendrier/", {"organisation": cast.org["epci_a"].pk}).context["page_obj"].object_list
    assert mine
    assert all(line.row.owed_by(cast.org["epci_a"].pk) for line in mine)
    kind = client.get("/calendrier/", {"nature": "preavis"}).context["page_obj"].object_list
    assert {line.row.kind for line in kind} == {ObligationKind.NOTICE}
    words = client.get("/calendrier/", {"q": "trimestre"}).context["page_obj"].object_list
    assert all("trimestre" in line.row.title for line in words)
    past = client.get("/calendrier/", {"passe": "on"}).context["page_obj"].paginator.count
    assert past > client.get("/calendrier/").context["page_obj"].paginator.count
    odd = client.get("/calendrier/", {"nature": "x", "organisation": "x", "convention": "x", "mois": "x"})
    assert odd.status_code == 200


def test_the_month_is_a_table_of_weeks(cast: Cast, today):
    client = cast.client("gestionnaire")
    response = client.get("/calendrier/", {"vue": "mois", "mois": f"{YEAR}-04"})
    month = response.context["month"]
    assert month.title == f"Avril {YEAR}"
    assert (month.before, month.after) == (f"{YEAR}-03", f"{YEAR}-05")
    assert len(month.weeks) == 5
    [day] = [day for week in month.weeks for day in week if day.date == dt.date(YEAR, 4, 15)]
    assert {line.row.kind for line in day.lines} == {ObligationKind.QUARTER}
    assert '<th scope="col">Lundi</th>' in response.content.decode()
    assert month_asked("2026-13", DAY) == dt.date(YEAR, 4, 1)
    assert month_of(lines_of([], DAY), dt.date(2027, 12, 1), DAY).after == "2028-01"


def test_the_calendar_leaves_as_a_file(cast: Cast, today):
    response = cast.client("finances_a").get("/calendrier/export.csv")
    text = response.content.decode("utf-8-sig")
    assert "Échéance" in text.splitlines()[0]
    assert "62-A" in text
    assert "62-B" not in text


def test_each_convention_has_its_own(cast: Cast, today):
    url = f"{cast.convention['c'].get_absolute_url()}?onglet=calendrier"
    lines = cast.client("gestionnaire").get(url).context["lines"]
    assert {line.row.convention for line in lines} == {"62-C"}
    assert "Dernier jour pour dénoncer" in cast.client("partenaire").get(url).content.decode()


def test_the_rules_are_set_by_the_managers(cast: Cast, today):
    client = cast.client("gestionnaire")
    refused = client.post(
        "/calendrier/regles/", {"kind": "fipd_day", "value": "x", "valid_from": "2026-01-01", "source": "S"}
    )
    assert refused.status_code == 422
    assert "Indiquez le jour et le mois" in refused.content.decode()
    data = {"kind": "fipd_day", "value": "15/03", "valid_from": f"{YEAR}-01-01", "source": "Appel à projets"}
    assert client.post("/calendrier/regles/", data).status_code == 302
    assert "15/03" in client.get("/calendrier/regles/").content.decode()


# --- The file of a calendar program -----------------------------------------------------------------------------------


def test_the_file_is_read_back_by_another_program():
    content = calendar_file([obligation(mark=Mark.UNVERIFIED)], name="Cosigne", site="https://exemple.fr", today=DAY)
    assert content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    [event] = Calendar.from_ical(content).walk("VEVENT")
    assert str(event["uid"]) == "titre-u-1@cosigne"
    assert event.decoded("dtstart") == dt.date(YEAR, 5, 1)
    assert event.decoded("dtend") == dt.date(YEAR, 5, 2)
    assert str(event["summary"]) == "Titre, « été » ; n° 1"
    assert "Règle non vérifiée" in str(event["description"])
    assert str(event["url"]) == "https://exemple.fr/p/"
    [alarm] = event.walk("VALARM")
    assert alarm.decoded("trigger") == dt.timedelta(days=-7)
    again = calendar_file([obligation(mark=Mark.UNVERIFIED)], name="Cosigne", site="https://exemple.fr", today=DAY)
    assert again == content


def test_an_event_that_moves_or_is_done_keeps_its_identity_and_grows():
    first, moved = obligation(), obligation(due_on=dt.date(YEAR, 6, 1))
    done = obligation(done=True)
    assert first.uid == moved.uid == done.uid
    assert sequence_of(moved) > sequence_of(done) > sequence_of(first)
    content = calendar_file([done], name="C", site="", today=DAY)
    [event] = Calendar.from_ical(content).walk("VEVENT")
    assert str(event["summary"]).startswith("Fait : ")
    assert event.walk("VALARM") == []
    old = obligation(due_on=dt.date(YEAR - 2, 1, 1))
    assert Calendar.from_ical(calendar_file([old], name="C", site="", today=DAY)).walk("VEVENT") == []


# --- The secret address -----------------------------------------------------------------------------------------------


def suspend(cast: Cast, where: str) -> None:
    suspend_territory(territory=cast.territory[where], reason="Essai", by=cast.outside("plateforme"))


def make_feed(cast: Cast, name: str) -> str:
    with cast.acting(name):
        return renew_feed(by=cast.actor(name))[1]


def fetch(secret: str, **headers):
    return Client().get(f"/calendrier/flux/{secret}/cosigne.ics", headers=headers)


def test_the_address_opens_without_session_what_its_owner_reads(cast: Cast, today):
    response = fetch(make_feed(cast, "finances_a"))
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert not response.cookies
    events = Calendar.from_ical(response.content).walk("VEVENT")
    with cast.acting("finances_a"):
        mine = {f"{row.uid}@cosigne" for row in calendar_of(cast.actor("finances_a"), today=DAY)}
    assert {str(event["uid"]) for event in events} == mine
    assert all("62-B" not in str(event["summary"]) for event in events)
    assert response.headers["X-Robots-Tag"] == "noindex"
    same = fetch(make_feed(cast, "finances_a"))
    assert same.content == response.content


def test_nothing_is_sent_again_when_nothing_changed(cast: Cast, today):
    secret = make_feed(cast, "finances_a")
    etag = fetch(secret)["ETag"]
    again = fetch(secret, if_none_match=etag)
    assert (again.status_code, again.content) == (304, b"")


def test_only_its_digest_is_kept_and_renewing_stops_the_former(cast: Cast, today):
    first = make_feed(cast, "finances_a")
    with cast.acting("finances_a"):
        row = CalendarFeed.objects.get(membership=cast.membership["finances_a"])
        assert first not in str(row.__dict__)
        # One address at a time, and it never changes: the database says so.
        with pytest.raises(IntegrityError), transaction.atomic():
            CalendarFeed.objects.filter(pk=row.pk).update(digest="0" * 64)
    second = make_feed(cast, "finances_a")
    assert fetch(first).status_code == 404
    assert fetch(second).status_code == 200
    with cast.acting("finances_a"):
        revoke_feed(by=cast.actor("finances_a"))
        revoke_feed(by=cast.actor("finances_a"))
    assert fetch(second).status_code == 404


@pytest.mark.parametrize("closing", ["ended", "closed", "inactive", "suspended"])
def test_the_address_stops_with_the_membership(cast: Cast, today, closing):
    secret = make_feed(cast, "finances_a")
    assert fetch(secret).status_code == 200
    membership = Membership.objects.filter(pk=cast.membership["finances_a"].pk)
    with cast.acting("gestionnaire"):
        if closing == "ended":
            membership.update(start=DAY - dt.timedelta(days=9), end=DAY - dt.timedelta(days=1))
        elif closing == "closed":
            membership.update(closed_at=timezone.now())
    if closing == "inactive":
        type(cast.user["finances_a"]).objects.filter(pk=cast.user["finances_a"].pk).update(is_active=False)
    elif closing == "suspended":
        suspend(cast, "here")
    assert fetch(secret).status_code == 404


def test_two_memberships_of_one_person_have_two_addresses(cast: Cast, today):
    here, there = make_feed(cast, "double"), make_feed(cast, "double_there")
    assert b"80-THERE" not in fetch(here).content
    assert b"80-THERE" in fetch(there).content


def test_a_wrong_address_tells_nothing_and_is_counted(cast: Cast, today):
    secret = make_feed(cast, "finances_a")
    wrong = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    answers = {fetch(wrong).content for _ in range(3)} | {fetch("x").content}
    assert len(answers) == 1
    for _ in range(40):
        last = fetch(wrong).status_code
    assert last == 429
    assert holder_of("pas un secret") is None


def test_one_address_is_not_asked_without_end(cast: Cast, today):
    secret = make_feed(cast, "employeur_d")
    codes = [fetch(secret).status_code for _ in range(61)]
    assert codes[0] == 200
    assert codes[-1] == 429


def test_nobody_else_than_a_person_has_an_address(cast: Cast, today):
    token, _ = make_token(cast, "finances_a")
    with cast.acting("finances_a"), pytest.raises(NotAllowed):
        renew_feed(by=Actor.of_token(token))
    with cast.acting("gestionnaire"), pytest.raises(NotAllowed):
        renew_feed(by=Actor.system(cast.territory["here"]))
    assert cast.client("exceptionnel").get("/calendrier/rappels/").status_code == 403


def test_the_address_is_shown_once_on_its_page(cast: Cast, today):
    client = cast.client("employeur_d")
    assert "Créer une adresse" in client.get("/calendrier/rappels/").content.decode()
    shown = client.post("/calendrier/adresse/").content.decode()
    assert "/calendrier/flux/" in shown
    later = client.get("/calendrier/rappels/").content.decode()
    assert "/calendrier/flux/" not in later
    assert "Arrêter l’adresse" in later
    assert client.post("/calendrier/adresse/arreter/").status_code == 302
    assert "Créer une adresse" in client.get("/calendrier/rappels/").content.decode()


# --- Mails ------------------------------------------------------------------------------------------------------------


def remind(cast: Cast, day: dt.date, territory: str = "here") -> int:
    mail.outbox.clear()
    return remind_territory(cast.territory[territory], today=day)


def to(address: str):
    return [message for message in mail.outbox if message.to == [f"{address}@exemple.fr"]]


def test_what_is_due_soon_or_late_is_told_once(cast: Cast):
    """15 April is five days ahead: the first quarter's figures. They are told as near, then as late, then no more."""
    assert remind(cast, DAY) > 0
    [first] = to("employeur_a")
    assert "Chiffres du 1er trimestre" in first.body
    assert "62-B" not in first.body, "another's convention"
    assert remind(cast, DAY) == 0
    assert remind(cast, DAY + dt.timedelta(days=1)) == 0
    assert remind(cast, dt.date(YEAR, 4, 16)) > 0
    [late] = to("employeur_a")
    assert "en retard" in late.body
    assert remind(cast, dt.date(YEAR, 4, 17)) == 0


def test_a_person_chooses_their_mails(cast: Cast):
    with cast.acting("employeur_a"):
        set_reminders(due_soon=False, weekly=True, by=cast.actor("employeur_a"))
        set_reminders(due_soon=False, weekly=True, by=cast.actor("employeur_a"))
        assert CalendarPreference.objects.count() == 1
    friday, monday = DAY, DAY + dt.timedelta(days=3)
    assert (friday.weekday(), monday.weekday()) == (4, 0)
    remind(cast, friday)
    assert to("employeur_a") == []
    remind(cast, monday)
    [week] = to("employeur_a")
    assert week.subject == "Cosigne : votre semaine"
    remind(cast, monday)
    assert to("employeur_a") == []
    with cast.acting("employeur_a"):
        set_reminders(due_soon=False, weekly=False, by=cast.actor("employeur_a"))
    remind(cast, monday + dt.timedelta(days=7))
    assert to("employeur_a") == []


def test_managers_follow_everything_and_the_others_what_they_owe(cast: Cast):
    remind(cast, DAY)
    [whole] = to("gestionnaire")
    assert "62-A" in whole.body
    assert "62-C" in whole.body
    [own] = to("employeur_a")
    assert "62-C" not in own.body
    assert to("gestionnaire_there") == []


def test_what_was_sent_is_never_taken_back(cast: Cast):
    remind(cast, DAY)
    with cast.acting("gestionnaire"):
        row = CalendarReminder.objects.first()
        with pytest.raises(IntegrityError), transaction.atomic():
            CalendarReminder.objects.filter(pk=row.pk).delete()


def test_links_are_given_only_when_the_site_has_an_address(cast: Cast, settings):
    settings.COSIGNE_PUBLIC_URL = "https://cosigne.exemple.fr"
    remind(cast, DAY)
    assert "https://cosigne.exemple.fr/calendrier/" in to("employeur_a")[0].body


def test_the_morning_job_reaches_every_open_territory(cast: Cast, today):
    suspend(cast, "there")
    mail.outbox.clear()
    tasks.remind(timestamp=0)
    assert to("gestionnaire")
    assert to("gestionnaire_there") == []
