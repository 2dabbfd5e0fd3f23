"""A vote's number and date, entered once after the session, carried into the approved texts that recite it."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from conventions import services
from conventions.enums import Status
from conventions.impact import Change, Kind, Outcome
from conventions.models import Convention, Deliberation
from conventions.services.votes import Recital, recitals, texts_behind
from conventions.text.content import visa_of
from core.errors import BusinessError, Conflict
from tests.cast import YEAR, Cast
from tests.conventions.pages import make_draft, vote

pytestmark = pytest.mark.django_db
HELD = dt.date(YEAR, 1, 15)


@pytest.fixture
def approved_before_the_vote(cast: Cast) -> tuple[Convention, Deliberation]:
    """Approved on the strength of a session foreseen on 12 January, whose number nobody knows yet."""
    with cast.acting("gestionnaire"):
        convention = make_draft(cast)
        deliberation = vote(cast, convention, published=None)[0]
        deliberation.number = ""
        deliberation.save()
        convention.refresh_from_db()
        services.submit_convention(convention=convention, by=cast.actor("gestionnaire"))
    with time_machine.travel(dt.datetime(YEAR, 1, 10, 9, tzinfo=dt.UTC)), cast.acting("instructeur"):
        services.approve_convention(convention=convention, by=cast.actor("instructeur"))
    with cast.acting("gestionnaire"):
        convention.refresh_from_db()
    return convention, deliberation


def hold(cast: Cast, deliberation: Deliberation) -> None:
    data = {"number": f"{YEAR}-99", "date": HELD, "transmitted_on": HELD, "published_on": HELD}
    services.save_deliberation(deliberation=deliberation, data=data, by=cast.actor("gestionnaire"))


def confirmed(found: list[Recital]) -> dict[str, str]:
    return {one.convention.reference: one.verdict.fingerprint for one in found}


def test_the_number_and_the_date_reach_the_approved_text_once(cast: Cast, approved_before_the_vote):
    convention, deliberation = approved_before_the_vote
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        assert texts_behind(deliberation) == []
        hold(cast, deliberation)
        (recital,) = recitals(deliberation, by=by)
        assert (recital.convention, recital.is_light) == (convention, True)
        assert recital.verdict.outcome is Outcome.CORRECTION
        assert {judged.change.kind for judged in recital.verdict.judged} == {Kind.VOTE}
        assert convention.versions.count() == 1, "reading writes nothing"
        chosen = confirmed([recital])
        assert services.carry_vote(deliberation=deliberation, confirmed=chosen, by=by) == [convention]
        convention.refresh_from_db()
        version = convention.versions.get(number=2)
        assert visa_of(deliberation) in version.content["visas"]
        assert f"n° {YEAR}-99" in str(version.content["parties"])
        assert convention.status == Status.APPROUVEE
        assert texts_behind(deliberation) == []
        assert services.carry_vote(deliberation=deliberation, confirmed=chosen, by=by) == []
        assert convention.versions.count() == 2


def test_what_is_confirmed_is_what_was_read_and_only_votes(cast: Cast, approved_before_the_vote):
    convention, deliberation = approved_before_the_vote
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        hold(cast, deliberation)
        with pytest.raises(Conflict):
            services.carry_vote(deliberation=deliberation, confirmed={convention.reference: "autre"}, by=by)
        # Something else waits to be printed too: it is not slipped in with the vote.
        Convention.objects.filter(pk=convention.pk).update(place="Lens")
        (recital,) = recitals(deliberation, by=by)
        assert not recital.is_light
        with pytest.raises(BusinessError, match="depuis la convention"):
            services.carry_vote(deliberation=deliberation, confirmed=confirmed([recital]), by=by)
        assert convention.versions.count() == 1


def test_a_signed_text_is_left_as_it_is(cast: Cast, approved_before_the_vote):
    convention, deliberation = approved_before_the_vote
    with cast.acting("gestionnaire"):
        hold(cast, deliberation)
        Convention.objects.filter(pk=convention.pk).update(status=Status.SIGNEE)
        assert texts_behind(deliberation) == []


def test_the_heavier_change_of_a_recital_is_not_light():
    from conventions.impact import Situation, verdict_on

    situation = Situation(Status.APPROUVEE, ("l'État",))
    votes, text = Change(Kind.VOTE, "Visas", "", "Vu"), Change(Kind.TEXT, "Clause", "a", "b")
    assert Recital(Convention(), verdict_on([votes], situation)).is_light
    assert not Recital(Convention(), verdict_on([votes, text], situation)).is_light
    assert not Recital(Convention(), verdict_on([], situation)).is_light


def test_the_page_follows_the_vote(cast: Cast, approved_before_the_vote):
    convention, deliberation = approved_before_the_vote
    staff = cast.client("gestionnaire")
    with cast.acting("gestionnaire"):
        data = {
            "organisation": deliberation.organisation_id, "number": f"{YEAR}-99", "title": "Conventions",
            "body": deliberation.body, "date": HELD.isoformat(),
        }  # fmt: skip
    saved = staff.post(reverse("deliberation-edit", args=[deliberation.uuid]), data)
    url = reverse("deliberation-texts", args=[deliberation.uuid])
    assert (saved.status_code, saved["Location"]) == (302, url)
    page = staff.get(url)
    text = page.content.decode()
    assert "Correction de forme" in text
    assert f"n° {YEAR}-99" in text
    assert "Porter le vote dans les textes" in staff.get(deliberation.get_absolute_url()).content.decode()
    refused = staff.post(url, {})
    assert refused.status_code == 422
    assert "Cochez au moins une convention" in refused.content.decode()
    (recital,) = page.context["light"]
    done = staff.post(url, {f"texte-{convention.reference}": recital.verdict.fingerprint}, follow=True)
    assert "chacun a une nouvelle version" in done.content.decode()
    assert "Tous les textes visent ce vote" in staff.get(url).content.decode()
    with cast.acting("gestionnaire"):
        assert convention.versions.count() == 2
