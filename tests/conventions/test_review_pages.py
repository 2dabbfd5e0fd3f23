"""The pages of the review: the queue, several approvals at once, one page with everything, the reader's page."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conventions import services
from conventions.enums import Status
from conventions.models import Comment, Convention, ReadingRequest
from parties.models import Membership, User
from tests.api.world import ROOT
from tests.cast import PASSWORD, YEAR, Cast
from tests.conventions.pages import make_draft, submitted
from tests.conventions.test_review import asked, sent_back, two_levels
from tests.conventions.test_verdict import renewed

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


def twins(cast: Cast, *references: str) -> list[Convention]:
    """Conventions submitted side by side, all of the model's wording, each on a copy of the same plan."""
    first = submitted(cast)
    made = [first]
    with cast.acting("gestionnaire"):
        for reference in references:
            row = make_draft(cast, reference=reference)
            made.append(services.submit_convention(convention=row, by=cast.actor("gestionnaire")))
    return made


def approve(cast: Cast, person: str, *conventions: Convention):
    return cast.client(person).post(
        reverse("conventions-approve-several"), {"convention": [str(row.uuid) for row in conventions]}
    )


# --- The queue --------------------------------------------------------------------------------------------------------


def test_the_queue_tells_each_verdict_and_offers_what_needs_no_reading(cast: Cast):
    convention = submitted(cast)
    with cast.acting("gestionnaire"):
        other = make_draft(cast, reference="62-AUTRE")
        by = cast.actor("gestionnaire")
        services.save_clause(convention=other, kind="litiges", title="Litiges", text="Autrement.", by=by)
        services.submit_convention(convention=other, by=by)
    page = cast.client("instructeur").get(reverse("conventions-review"))
    rows = {row.convention.reference: row for row in page.context["rows"]}
    assert rows["62-NEUVE"].approvable
    assert not rows["62-AUTRE"].approvable
    assert not rows["62-E"].approvable, "submitted before verdicts existed"
    assert "Identique au modèle" in text(page)
    assert "Une clause modifiée par rapport au modèle" in text(page)
    assert f'value="{convention.uuid}"' in text(page)
    assert f'value="{other.uuid}"' not in text(page)


def test_the_queue_costs_the_same_with_one_convention_or_four(cast: Cast):
    def cost() -> int:
        client = cast.client("instructeur")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(reverse("conventions-review")).status_code == 200
        return len(queries)

    submitted(cast)
    one = cost()
    twins_of = ["62-B1", "62-B2", "62-B3"]
    with cast.acting("gestionnaire"):
        for reference in twins_of:
            row = make_draft(cast, reference=reference)
            services.submit_convention(convention=row, by=cast.actor("gestionnaire"))
    assert cost() == one


def test_several_are_approved_each_on_its_own(cast: Cast):
    good, changed, commented = twins(cast, "62-DEUX", "62-TROIS")
    with cast.acting("instructeur"):
        by = cast.actor("instructeur")
        services.add_comment(convention=Convention.objects.get(pk=commented.pk), text="Et ceci ?", by=by)
    with cast.acting("gestionnaire"):
        # Its plan is another's now: what the verdict was about is not what would be approved.
        Convention.objects.filter(pk=changed.pk).update(place="Ailleurs")
    page = approve(cast, "instructeur", good, changed, commented, cast.convention["e"])
    outcomes = {row.reference: row for row in page.context["outcomes"]}
    assert outcomes["62-NEUVE"].done
    assert not outcomes["62-DEUX"].done
    assert "ont changé depuis sa soumission" in outcomes["62-DEUX"].detail
    assert "un commentaire attend" in outcomes["62-TROIS"].detail
    assert "son verdict n&#x27;est pas établi" in text(page)
    assert "1 convention sur 4 approuvée" in text(page)
    with cast.acting("gestionnaire"):
        status = dict(Convention.objects.values_list("reference", "status"))
    assert (status["62-NEUVE"], status["62-DEUX"]) == (Status.APPROUVEE, Status.SOUMISE)
    assert (status["62-TROIS"], status["62-E"]) == (Status.SOUMISE, Status.SOUMISE)


def test_nothing_chosen_or_nothing_visible_approves_nothing(cast: Cast):
    convention = submitted(cast)
    page = cast.client("instructeur").post(reverse("conventions-approve-several"), {"convention": ["x"]}, follow=True)
    assert "Choisissez au moins une convention" in text(page)
    assert approve(cast, "instructeur_there", convention).status_code == 302
    assert approve(cast, "finances_a", convention).status_code == 403
    with cast.acting("gestionnaire"):
        convention.refresh_from_db()
    assert convention.status == Status.SOUMISE


def test_with_two_levels_the_same_button_gives_the_opinion_then_the_approval(cast: Cast):
    two_levels(cast)
    convention = submitted(cast)
    user = User.objects.create_user("bureau@exemple.fr", PASSWORD, name="Cheffe de bureau")
    with cast.acting("gestionnaire"):
        Membership.objects.create(user=user, organisation=cast.org["prefecture"], role="instructeur")
    cast.user["bureau"] = user
    assert "Avis favorable" in text(approve(cast, "instructeur", convention))
    assert "une autre personne" in text(approve(cast, "instructeur", convention))
    review = text(cast.client("bureau").get(reverse("convention-review", args=[convention.uuid])))
    assert "Avis favorable du premier niveau" in review
    assert "Approuvée" in text(approve(cast, "bureau", convention))


# --- One page with everything -----------------------------------------------------------------------------------------


def test_the_review_puts_what_moved_first_and_switches_between_texts(cast: Cast):
    convention = renewed(cast)
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        services.save_clause(convention=convention, kind="litiges", title="Litiges", text="Autrement.", by=by)
        services.submit_convention(convention=convention, by=by)
    client, url = cast.client("instructeur"), reverse("convention-review", args=[convention.uuid])
    whole, model = client.get(url), client.get(f"{url}?comparer=modele")
    changed = [line.kind for line in whole.context["review"].changed]
    assert changed.index("litiges") < changed.index("duree"), "reworded clauses before those where a year moved"
    assert [line.kind for line in model.context["review"].changed] == ["litiges"]
    former = client.get(f"{url}?comparer=precedente").context["review"]
    assert former.references == ["à 62-NEUVE"]
    assert "seuls des chiffres ou des dates changent" in text(whole)
    assert client.get(f"{url}?comparer=nimporte").status_code == 200


def test_after_a_sending_back_the_review_compares_with_the_former_submission(cast: Cast):
    convention = sent_back(cast, ("clause", "duree"))
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        services.save_clause(convention=convention, kind="duree", title="Durée", text="Deux ans.", by=by)
        services.submit_convention(convention=convention, by=by)
    page = cast.client("instructeur").get(reverse("convention-review", args=[convention.uuid]) + "?comparer=envoi")
    assert [line.kind for line in page.context["review"].changed] == ["duree"]
    assert "Par rapport au précédent envoi" in text(page)


def test_the_next_and_the_previous_convention_are_a_click_away(cast: Cast):
    first, second = twins(cast, "62-DEUX")
    client = cast.client("instructeur")
    page = client.get(reverse("convention-review", args=[first.uuid]))
    queue = page.context["queue"]
    assert (queue.before.reference, queue.rank, queue.total, queue.after.reference) == ("62-E", 2, 3, "62-DEUX")
    assert reverse("convention-review", args=[second.uuid]) in text(page)


def test_a_text_that_moved_since_its_submission_is_said_to_have(cast: Cast):
    convention = submitted(cast)
    url = reverse("convention-review", args=[convention.uuid])
    assert "ont changé depuis la soumission" not in text(cast.client("instructeur").get(url))
    with cast.acting("gestionnaire"):
        Convention.objects.filter(pk=convention.pk).update(place="Ailleurs")
    assert "ont changé depuis la soumission" in text(cast.client("instructeur").get(url))


def test_the_page_says_what_is_unlocked_and_why_and_asks_for_more(cast: Cast):
    convention = sent_back(cast, ("clause", "duree"))
    client = cast.client("gestionnaire")
    page = text(client.get(convention.get_absolute_url()))
    assert "Ce qui peut être modifié" in page
    assert "La clause « Durée" in page
    assert reverse("convention-clause", args=[convention.uuid, "duree"]) in page
    assert reverse("convention-clause", args=[convention.uuid, "litiges"]) not in page
    assert reverse("convention-edit", args=[convention.uuid]) not in page
    asking = reverse("convention-ask-wider", args=[convention.uuid])
    assert "Votre demande est enregistrée" in text(client.post(asking, {"reason": "Le siège."}, follow=True))
    reviewer = cast.client("instructeur")
    assert "Répondre sur la réouverture de 62-NEUVE" in text(reviewer.get(reverse("home")))
    assert "Le siège." in text(reviewer.get(convention.get_absolute_url()))
    widen = reverse("convention-widen", args=[convention.uuid])
    assert "Toute la convention peut être modifiée" in text(reviewer.post(widen, {"reason": "Oui."}, follow=True))
    assert reverse("convention-edit", args=[convention.uuid]) in text(client.get(convention.get_absolute_url()))


def test_a_thread_goes_on_and_is_closed_by_the_reviewer_only(cast: Cast):
    convention = submitted(cast)
    with cast.acting("instructeur"):
        remark = services.add_comment(convention=convention, text="Pourquoi ?", by=cast.actor("instructeur"))
    kwargs = [convention.uuid, remark.uuid]
    desk, reviewer = cast.client("gestionnaire"), cast.client("instructeur")
    desk.post(reverse("convention-comment-answer", args=kwargs), {"answer": "Usage."})
    reviewer.post(reverse("convention-comment-reply", args=kwargs), {"answer": "Lequel ?"})
    page = text(reviewer.get(reverse("convention-review", args=[convention.uuid])))
    assert page.index("Usage.") < page.index("Lequel ?")
    assert desk.post(reverse("convention-comment-withdraw", args=kwargs)).status_code == 403
    assert desk.post(reverse("convention-comment-close", args=kwargs)).status_code == 404
    assert desk.post(reverse("convention-comment-reply", args=kwargs), {"answer": "Moi."}).status_code == 403


# --- The reader -------------------------------------------------------------------------------------------------------


def test_a_reader_has_one_page_with_the_whole_text_and_nothing_else(cast: Cast):
    draft, _ = asked(cast, "gendarmerie", "epci_a")
    client = cast.client("finances_a")
    listed = client.get(reverse("conventions"))
    assert "Relire le projet 62-NEUVE" in text(listed)
    assert draft not in listed.context["page_obj"].object_list
    assert "Relire le projet 62-NEUVE" in text(client.get(reverse("home")))
    assert client.get(draft.get_absolute_url())["Location"] == reverse("convention-reading", args=[draft.uuid])
    page = text(client.get(reverse("convention-reading", args=[draft.uuid])))
    assert "à compléter" not in page
    assert "12 000,00" in page.replace("\u202f", " ").replace("\u00a0", " ")
    assert client.get(reverse("convention-readings", args=[draft.uuid])).status_code == 403
    assert cast.client("finances_b").get(reverse("convention-reading", args=[draft.uuid])).status_code == 404
    api = f"{ROOT}conventions/{draft.uuid}/"
    assert (client.get(api).status_code, cast.client("gestionnaire").get(api).status_code) == (404, 200)


def test_a_reader_remarks_answers_and_the_desk_sees_who_has_read(cast: Cast):
    draft, (request,) = asked(cast, "epci_a")
    reader, desk = cast.client("finances_a"), cast.client("gestionnaire")
    send = reverse("convention-reading-comment", args=[draft.uuid])
    reader.post(send, {"anchor": "clause", "target": "duree", "text": "Trop long ?"})
    reader.post(reverse("convention-reading-declare", args=[draft.uuid]), {"outcome": "remarques"})
    board = text(desk.get(reverse("convention-readings", args=[draft.uuid])))
    assert "Remarques envoyées – Finances_a (Sud-Artois)" in board
    page = text(desk.get(draft.get_absolute_url()))
    assert "Trop long ?" in page
    assert "La préfecture ne la voit pas" in page
    with cast.acting("gestionnaire"):
        remark = Comment.objects.get(convention=draft)
    desk.post(reverse("convention-comment-answer", args=[draft.uuid, remark.uuid]), {"answer": "Un an."})
    assert "Un an." in text(reader.get(reverse("convention-reading", args=[draft.uuid])))
    again = reverse("convention-reading-reply", args=[draft.uuid, remark.uuid])
    assert "Votre message est envoyé" in text(reader.post(again, {"answer": "D'accord."}, follow=True))
    desk.post(reverse("convention-comment-close", args=[draft.uuid, remark.uuid]))
    with cast.acting("gestionnaire"):
        remark.refresh_from_db()
    assert remark.resolved
    desk.post(reverse("convention-reading-close", args=[draft.uuid]), {"reading": str(request.uuid)})
    assert reader.get(reverse("convention-reading", args=[draft.uuid])).status_code == 404


def test_asking_a_reading_by_the_page(cast: Cast, jobs):
    with cast.acting("gestionnaire"):
        draft = make_draft(cast)
        party = draft.parties.get(organisation=cast.org["epci_a"])
    url = reverse("convention-readings", args=[draft.uuid])
    client = cast.client("gestionnaire")
    bad = client.post(url, {"deadline": f"{YEAR - 1}-01-01", "parties": [party.pk], "message": "Merci."})
    assert bad.status_code == 422
    assert "déjà passée" in text(bad)
    assert "Merci." in text(bad)
    done = client.post(url, {"parties": [party.pk], "deadline": f"{YEAR + 1}-01-01", "message": "Merci."}, follow=True)
    assert "La relecture est demandée" in text(done)
    with cast.acting("gestionnaire"):
        assert ReadingRequest.objects.get(convention=draft).deadline == dt.date(YEAR + 1, 1, 1)


def test_the_levels_are_set_on_their_page(cast: Cast):
    client, url = cast.client("gestionnaire"), reverse("approval-levels")
    refused = client.post(url, {"levels": "2", "first_label": "Instructeur"})
    assert refused.status_code == 422
    assert "Nommez le second niveau" in text(refused)
    person = cast.user["instructeur"].pk
    done = {"levels": "2", "first_label": "Instructeur", "second_label": "Chef de bureau", "second_users": [person]}
    assert "deux niveaux, Instructeur puis Chef de bureau" in text(client.post(url, done, follow=True))
    stranger = done | {"second_users": [cast.user["finances_b"].pk]}
    assert client.post(url, stranger).status_code == 422
