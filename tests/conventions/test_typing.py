"""What is typed: kept for one person, previewed, merged with what somebody else saved; and what the text is missing."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from conventions import services
from conventions.models import Convention, Decision, Deliberation, FormDraft
from conventions.services.models_library import load_shipped_models
from conventions.text import build_content
from core import rls
from funding.services.plans import recompute_plan
from parties.enums import Role
from parties.models import Membership, User
from tests.cast import YEAR, Cast
from tests.conventions.pages import make_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(cast: Cast) -> Convention:
    with cast.acting("gestionnaire"):
        return make_draft(cast)


@pytest.fixture
def staff(cast: Cast):
    return cast.client("gestionnaire")


def text(response) -> str:
    return response.content.decode()


def form_of(client, url: str) -> dict[str, str]:
    """What the browser would send of the page as it is shown."""
    form = client.get(url).context["form"]
    sent = {}
    for name in form.fields:
        value = form[name].value()
        if isinstance(value, list):
            value = "\n".join(value)
        if value not in (None, False, ""):
            sent[name] = "on" if value is True else getattr(value, "pk", value)
    return sent


class TestPreview:
    def test_what_is_typed_shows_in_the_text_and_nothing_is_saved(self, cast, draft, staff):
        url = reverse("convention-edit", args=[draft.uuid])
        typed = form_of(staff, url) | {"notice_months": "6", "apercu": "1"}
        fragment = staff.post(url, typed, headers={"HX-Request": "true"})
        assert fragment.status_code == 200
        assert "<html" not in text(fragment)
        assert "six" in text(fragment)
        assert "trois" in text(fragment)
        page = staff.post(url, typed)
        assert "<html" in text(page)
        assert 'value="6"' in text(page)
        with cast.acting("gestionnaire"):
            draft.refresh_from_db()
            assert draft.notice_months == 3

    def test_a_clause_is_previewed_and_its_mistakes_are_said(self, cast, draft, staff):
        url = reverse("convention-clause", args=[draft.uuid, "litiges"])
        typed = {"title": "Litiges", "text": "Devant le {{ tribunal }}.", "apercu": "1"}
        assert "Devant" in text(staff.post(url, typed, headers={"HX-Request": "true"}))
        wrong = staff.post(url, typed | {"text": "Le {{ tribunnal }}."}, headers={"HX-Request": "true"})
        assert "tribunnal" in text(wrong)
        with cast.acting("gestionnaire"):
            assert not draft.clauses.exists()

    def test_what_the_plans_give_is_shown_before_anything_is_created(self, cast, staff):
        load_shipped_models()
        with cast.acting("gestionnaire"):
            recompute_plan(plan=cast.plan["e"])
            cast.convention["e"].convention_plans.all().delete()
            vote = Deliberation.objects.create(
                organisation=cast.org["departement"], key="vote", number="12", date=dt.date(YEAR, 1, 12)
            )
            Decision.objects.create(
                deliberation=vote, position=1, kind="attribution", beneficiary=cast.org["epci_a"], amount=12000
            )
            before = Convention.objects.count()
        typed = {
            "reference": "62-PROP", "plans": [cast.plan["e"].pk], "period_start": f"{YEAR}-01-01",
            "period_end": f"{YEAR}-12-31", "apercu": "1",
        }  # fmt: skip
        url = reverse("convention-create")
        shown = text(staff.post(url, typed, headers={"HX-Request": "true"}))
        assert "F2 – Employeur EPCI" in shown
        assert "Camille Departement" in shown
        assert "Délibération n° 12 du 12/01" in shown
        assert "Ce qu’il restera à donner" in shown
        assert "<html" in text(staff.post(url, typed))
        with cast.acting("gestionnaire"):
            assert Convention.objects.count() == before


class TestTypingKept:
    def test_it_is_offered_again_taken_up_then_gone_once_saved(self, cast, draft, staff):
        url = reverse("convention-edit", args=[draft.uuid])
        assert "Vous aviez commencé une saisie" not in text(staff.get(url))
        staff.post(url, form_of(staff, url) | {"place": "Lens", "apercu": "1"})
        assert "Vous aviez commencé une saisie" in text(staff.get(url))
        taken = staff.get(url, {"reprendre": 1})
        assert taken.context["form"]["place"].value() == "Lens"
        staff.post(url, form_of(staff, f"{url}?reprendre=1"))
        with cast.acting("gestionnaire"):
            draft.refresh_from_db()
            assert draft.place == "Lens"
            assert not FormDraft.objects.exists()

    def test_it_can_be_given_up(self, cast, draft, staff):
        url = reverse("convention-clause", args=[draft.uuid, "litiges"])
        staff.post(url, {"title": "Litiges", "text": "Essai.", "apercu": "1"})
        staff.post(url, {"oublier": "1"})
        assert "Vous aviez commencé une saisie" not in text(staff.get(url))

    def test_nobody_else_reads_it_not_even_a_colleague(self, cast, draft, staff):
        url = reverse("convention-edit", args=[draft.uuid])
        staff.post(url, form_of(staff, url) | {"place": "Lens", "apercu": "1"})
        colleague = User.objects.create_user("collegue@exemple.fr", "un mot de passe de test 62", name="Collègue")
        with cast.acting("gestionnaire"):
            Membership.objects.create(user=colleague, organisation=cast.org["departement"], role=Role.GESTIONNAIRE)
            assert FormDraft.objects.count() == 1
        context = rls.Context(draft.territory_id, rls.STAFF, cast.org["departement"].pk, colleague.pk)
        with rls.acting(context):
            assert Convention.objects.filter(pk=draft.pk).exists()
            assert not FormDraft.objects.exists()


class TestTwoPeople:
    def test_what_each_changed_alone_is_merged_and_what_both_changed_is_chosen(self, cast, draft, staff):
        url = reverse("convention-edit", args=[draft.uuid])
        typed = form_of(staff, url) | {"place": "Lens", "software": "Suivi"}
        with cast.acting("gestionnaire"):
            services.update_convention(
                convention=draft, data={"place": "Arras", "notice_months": 6},
                by=cast.actor("gestionnaire"), expected=draft.lock_version,
            )  # fmt: skip
        answer = staff.post(url, typed)
        assert answer.status_code == 409
        [clash] = answer.context["clashes"]
        assert (clash.label, clash.mine, clash.theirs) == ("Fait à", "Lens", "Arras")
        assert "Gestionnaire" in text(answer)
        again = {name: value for name, value in answer.context["form"].data.items() if name != "csrfmiddlewaretoken"}
        assert (again["notice_months"], again["software"]) == ("6", "Suivi")
        done = staff.post(url, again | {"garder-place": "autre"})
        assert done.status_code == 302
        with cast.acting("gestionnaire"):
            draft.refresh_from_db()
            assert (draft.place, draft.notice_months, draft.variables["software"]) == ("Arras", 6, "Suivi")


class TestHoles:
    @pytest.fixture
    def holed(self, cast, draft) -> Convention:
        """A text that asks for two things nobody gave: a notice, and the software its data are in."""
        with cast.acting("gestionnaire"):
            services.update_convention(
                convention=draft, data={"notice_months": None}, by=cast.actor("gestionnaire"), expected=None
            )
            services.save_clause(
                convention=draft, kind="litiges", title="Litiges",
                text="Voir {{ software.name }}, {{ post.residence }}, sous {{ notice.months_words }}.",
                by=cast.actor("gestionnaire"),
            )  # fmt: skip
            draft.refresh_from_db()
            return draft

    def test_each_is_asked_beside_the_clause_that_first_prints_it(self, cast, holed, staff):
        page = staff.get(holed.get_absolute_url())
        holes = {hole.variable: view.section.kind for view in page.context["text"].clauses for hole in view.holes}
        assert holes["software.name"] == "litiges"
        assert set(holes) == {"software.name", "post.residence", "notice.months_words"}
        assert text(page).count('name="notice_months"') == 1
        assert "Compléter ce qui manque (3)" in text(page)
        assert "Compléter le poste" in text(page), "what comes from elsewhere is pointed at"

    def test_filling_one_beside_its_clause_leaves_the_others(self, cast, holed, staff):
        url = reverse("convention-fill", args=[holed.uuid])
        sent = staff.post(url, {"clause": "litiges", "software": "Suivi", "lock_version": holed.lock_version})
        assert sent.url.endswith("#clause-litiges")
        with cast.acting("gestionnaire"):
            holed.refresh_from_db()
            assert (holed.variables["software"], holed.notice_months) == ("Suivi", None)

    def test_the_page_lists_them_all_with_why_and_where(self, cast, holed, staff):
        url = reverse("convention-fill", args=[holed.uuid])
        page = text(staff.get(url))
        assert "#clause-litiges" in page
        wrong = staff.post(url, {"notice_months": "999", "software": "Suivi"})
        assert wrong.status_code == 422
        assert 'value="999"' in text(wrong)
        assert staff.post(url, {"notice_months": "3", "software": "Suivi"}).status_code == 302
        with cast.acting("gestionnaire"):
            cast.post["e"].residence = "rue de la Gare à Bapaume"
            cast.post["e"].save()
            holed.refresh_from_db()
            assert "Suivi" in str(build_content(holed)["articles"])
        assert "Il ne manque rien" in text(staff.get(url))


def test_another_wording_of_the_model_is_chosen_then_given_back(cast, draft, staff):
    from conventions.presentation.variants import variants_of
    from conventions.text.clauses import template_clauses

    with cast.acting("gestionnaire"):
        clause = next(c for c in template_clauses(draft.template) if len(c.variants) > 1)
        other = next(v for v in variants_of(draft, clause.kind) if not v.current)
        lock = draft.lock_version
    url = reverse("convention-clause-variant", args=[draft.uuid, clause.kind])
    assert other.label in text(staff.get(reverse("convention-clause", args=[draft.uuid, clause.kind])))
    staff.post(url, {"variant": other.key, "lock_version": lock})
    with cast.acting("gestionnaire"):
        assert next(v for v in variants_of(draft, clause.kind) if v.current).key == other.key
    staff.post(url, {"variant": "inconnue"})
    with cast.acting("gestionnaire"):
        assert draft.clauses.get(kind=clause.kind).variant == other.key
    staff.post(reverse("convention-clause-restore", args=[draft.uuid, clause.kind]))
    with cast.acting("gestionnaire"):
        assert not draft.clauses.exists()
