"""The first steps of each role: ticked by what was really done, else by the person; put away, found again."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.db.utils import IntegrityError, ProgrammingError
from django.test import Client
from django.urls import reverse

from conventions.models import Transition
from core import rls
from core.errors import InvalidInput, NotAllowed
from funding.models import FundingPlan
from parties import services
from parties.actors import Actor
from parties.models import FirstSteps, PlatformEvent
from reporting.first_steps import STEPS, FirstStepsList, first_steps_of, ticked_by_hand
from tests.cast import Cast

pytestmark = pytest.mark.django_db
PAGE = "first-steps"


def steps(cast: Cast, name: str, **options: bool) -> FirstStepsList:
    with cast.acting(name):
        found = first_steps_of(cast.actor(name), **options)
    assert found is not None
    return found


def done(found: FirstStepsList) -> set[str]:
    return {step.code for step in found.steps if step.done}


def test_every_role_has_real_steps(cast: Cast):
    roles = {"gestionnaire", "instructeur", "finances", "partenaire", "employeur", "national", "plateforme"}
    assert set(STEPS) == roles
    for role, of_role in STEPS.items():
        codes = [step.code for step in of_role]
        assert 3 <= len(codes) == len(set(codes)) <= 7, role


def test_each_step_leads_to_a_page_its_reader_may_open(cast: Cast):
    names = ("gestionnaire", "instructeur", "finances_a", "partenaire", "employeur_a", "employeur_d")
    for name in (*names, "national", "plateforme"):
        client = cast.client(name)
        home = client.get("/", follow=True)
        page = home.content.decode()
        assert "Premiers pas</h2>" in page, name
        found = home.context["steps"]
        assert found.done == 0 or name == "plateforme"
        for step in found.steps:
            assert client.get(step.url).status_code == 200, (name, step.url)
            assert step.url in page
        assert client.get(found.help_url).status_code == 200


def test_a_step_the_data_show_ticks_itself_for_who_did_it(cast: Cast):
    assert done(steps(cast, "gestionnaire")) == set()
    with cast.acting("gestionnaire"):
        by = cast.actor("gestionnaire")
        FundingPlan.objects.filter(pk=cast.plan["d"].pk).update(label="Relu")
        Transition.objects.create(
            convention=cast.convention["a"], act="submit", from_status="brouillon", to_status="soumise", by=by.user,
            by_label="X",
        )  # fmt: skip
    assert done(steps(cast, "gestionnaire")) == {"plan", "soumettre"}
    assert done(steps(cast, "instructeur")) == set()
    with cast.acting("instructeur"):
        Transition.objects.create(
            convention=cast.convention["a"], act="send_back", from_status="soumise", to_status="a_corriger",
            by=cast.actor("instructeur").user, by_label="X", reason="X",
        )  # fmt: skip
    assert done(steps(cast, "instructeur")) == {"decider"}


def test_a_step_one_looks_at_is_ticked_by_hand_and_taken_back(cast: Cast):
    client = cast.client("partenaire")
    answer = client.post(reverse(PAGE), {"act": "tick", "step": "lire", "from": "home"})
    assert (answer.status_code, answer["Location"]) == (302, reverse("home"))
    client.post(reverse(PAGE), {"act": "tick", "step": "lire"})
    assert done(steps(cast, "partenaire")) == {"lire"}
    assert "1 sur 4" in client.get("/").content.decode()
    answer = client.post(reverse(PAGE), {"act": "untick", "step": "lire"})
    assert answer["Location"] == reverse(PAGE)
    assert done(steps(cast, "partenaire")) == set()
    for wrong in ({"act": "tick", "step": "signer"}, {"act": "tick", "step": "poste"}, {"act": "x"}, {}):
        refused = client.post(reverse(PAGE), wrong)
        assert refused.status_code in (400, 409, 422), wrong
        assert "étape" in refused.content.decode() or "action" in refused.content.decode()


def test_the_list_is_put_away_and_found_again_from_the_help(cast: Cast):
    client = cast.client("finances_a")
    for _twice in range(2):
        client.post(reverse(PAGE), {"act": "hide", "from": "home"})
    assert "Premiers pas</h2>" not in client.get("/").content.decode()
    assert reverse(PAGE) in client.get(reverse("help")).content.decode()
    page = client.get(reverse(PAGE)).content.decode()
    assert "Afficher sur la page d’accueil" in page
    assert "Exporter des titres" in page
    client.post(reverse(PAGE), {"act": "show"})
    assert "Premiers pas</h2>" in client.get("/").content.decode()


def test_it_goes_when_everything_is_done(cast: Cast):
    client = cast.client("national")
    for step in STEPS["national"]:
        client.post(reverse(PAGE), {"act": "tick", "step": step.code})
    assert "Premiers pas</h2>" not in client.get(reverse("national")).content.decode()
    assert "Tout est fait" in client.get(reverse(PAGE)).content.decode()


def test_a_platform_administrator_who_opened_a_territory_has_done_it(cast: Cast):
    client = cast.client("plateforme")
    assert "ouvrir" not in done(client.get(reverse(PAGE)).context["steps"])
    with cast.acting("plateforme"):
        by = cast.outside("plateforme")
        PlatformEvent.objects.create(act="opened", by_user=by.user, by_label="X", about=cast.territory["there"])
    assert "ouvrir" in done(client.get(reverse(PAGE)).context["steps"])


def test_one_list_for_each_organisation_one_acts_for(cast: Cast):
    """A person of two organisations begins twice; what they ticked here is not ticked there."""
    with cast.acting("double"):
        by = cast.actor("double")
        hand = sorted(ticked_by_hand(by))[0]
        services.tick_step(step=hand, done=True, known=ticked_by_hand(by), by=by)
        assert hand in done(steps(cast, "double"))
    with cast.acting("double_there"):
        assert done(steps(cast, "double_there")) == set()


def test_what_one_ticked_is_read_and_written_by_nobody_else(cast: Cast):
    with cast.acting("finances_a"):
        services.show_first_steps(shown=False, by=cast.actor("finances_a"))
        row = FirstSteps.objects.get()
    for other in ("gestionnaire", "finances_b", "instructeur"):
        with cast.acting(other):
            assert not FirstSteps.objects.exists()
            assert FirstSteps.objects.filter(pk=row.pk).update(hidden_at=None) == 0
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                FirstSteps.objects.create(user=cast.user["finances_a"], membership=cast.membership["finances_b"])
            with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
                FirstSteps.objects.create(user=cast.user[other], membership=cast.membership["finances_a"])
    with rls.acting(rls.NOBODY):
        assert not FirstSteps.objects.exists()


def test_programs_and_commands_have_no_first_steps(cast: Cast):
    by = Actor.system(cast.territory["here"])
    with rls.acting(by.context):
        assert first_steps_of(by) is None
        with pytest.raises(NotAllowed):
            services.show_first_steps(shown=False, by=by)
        with pytest.raises(InvalidInput):
            services.tick_step(step="poste", done=True, known=frozenset({"lire"}), by=by)
    assert "Premiers pas</h2>" not in cast.client("exceptionnel").get("/").content.decode()


def test_the_list_costs_few_queries(cast: Cast, django_assert_max_num_queries):
    with cast.acting("gestionnaire"), django_assert_max_num_queries(6):
        first_steps_of(cast.actor("gestionnaire"))


def test_nobody_without_a_role_comes_in(cast: Cast):
    assert cast.client("sans_role").get(reverse(PAGE)).status_code == 403
    assert Client().get(reverse(PAGE)).status_code == 302
