"""The circuit on screen: submission, review, approval, signatures, renewal; who may do what."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from conventions import services
from conventions.enums import Anchor, Status
from conventions.models import Comment, Convention, Signature, Transition
from funding.enums import PlanStatus
from funding.services.plans import copy_plan_to_year
from tests.cast import YEAR
from tests.conventions.pages import approved, in_signature, make_draft, submitted, vote

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


def status_of(cast, convention: Convention) -> str:
    with cast.acting("gestionnaire"):
        return Convention.objects.get(pk=convention.pk).status


def post(cast, person: str, name: str, convention: Convention, *args, **data):
    return cast.client(person).post(reverse(name, args=[convention.uuid, *args]), data, follow=True)


class TestSubmission:
    def test_the_button_submits(self, cast):
        with cast.acting("gestionnaire"):
            draft = make_draft(cast)
        page = text(cast.client("gestionnaire").get(draft.get_absolute_url()))
        assert "Soumettre à la préfecture" in page
        response = post(cast, "gestionnaire", "convention-submit", draft, lock_version=draft.lock_version)
        assert "est soumise à la préfecture" in text(response)
        assert status_of(cast, draft) == Status.SOUMISE

    def test_a_blocked_draft_says_what_blocks_instead_of_offering_the_button(self, cast):
        with cast.acting("gestionnaire"):
            draft = make_draft(cast)
            services.remove_clause(convention=draft, kind="financement", by=cast.actor("gestionnaire"))
        page = text(cast.client("gestionnaire").get(draft.get_absolute_url()))
        assert "ne peut pas encore être soumise" in page
        assert reverse("convention-submit", args=[draft.uuid]) not in page
        response = post(cast, "gestionnaire", "convention-submit", draft)
        assert "bloquent la soumission" in text(response)
        assert status_of(cast, draft) == Status.BROUILLON

    def test_a_stale_page_does_not_submit(self, cast):
        with cast.acting("gestionnaire"):
            draft = make_draft(cast)
        response = post(cast, "gestionnaire", "convention-submit", draft, lock_version=draft.lock_version + 1)
        assert "modifiée pendant que vous" in text(response)
        assert status_of(cast, draft) == Status.BROUILLON


class TestReview:
    def test_the_reviewer_reads_figures_changes_and_clauses(self, cast):
        with cast.acting("gestionnaire"):
            draft = make_draft(cast)
            services.save_clause(
                convention=draft,
                kind="communication",
                title="Communication",
                text="Rien n'est dit de l'action.",
                by=cast.actor("gestionnaire"),
            )
            services.submit_convention(convention=draft, by=cast.actor("gestionnaire"))
        response = cast.client("instructeur").get(reverse("convention-review", args=[draft.uuid]))
        assert [line.kind for line in response.context["review"].changed] == ["communication"]
        assert len(response.context["review"].same) > 10
        page = text(response)
        assert "supprimé : " in page
        assert "il n’y a pas d’année précédente" in page

    @pytest.mark.parametrize(
        ("anchor", "target", "tab"),
        [
            (Anchor.CONVENTION, "", "texte"),
            (Anchor.CLAUSE, "communication", "texte"),
            (Anchor.SHARE, f"{YEAR}:departement", "plan"),
            (Anchor.PARTY, "epci_a", "parties"),
        ],
    )
    def test_a_remark_is_read_at_its_place_and_answered(self, cast, anchor, target, tab):
        convention = submitted(cast)
        if anchor == Anchor.PARTY:
            with cast.acting("gestionnaire"):
                target = str(convention.parties.get(organisation=cast.org[target]).uuid)
        response = post(
            cast, "instructeur", "convention-comment", convention, anchor=anchor, target=target, text="À revoir ici."
        )
        assert "Votre commentaire est enregistré" in text(response)
        assert "À revoir ici." in text(response)
        gestionnaire = cast.client("gestionnaire")
        page = text(gestionnaire.get(f"{convention.get_absolute_url()}?onglet={tab}"))
        assert "À revoir ici." in page
        with cast.acting("gestionnaire"):
            comment = Comment.objects.get(convention=convention)
        answered = post(cast, "gestionnaire", "convention-comment-answer", convention, comment.uuid, answer="Revu.")
        assert "Votre message est enregistré" in text(answered)
        assert "Revu." in text(gestionnaire.get(f"{convention.get_absolute_url()}?onglet={tab}"))

    def test_a_remark_without_words_is_refused(self, cast):
        response = post(cast, "instructeur", "convention-comment", submitted(cast), anchor="convention", text=" ")
        assert "Écrivez votre commentaire" in text(response)

    def test_the_answer_comes_back_inside_the_site_only(self, cast):
        convention = submitted(cast)
        post(cast, "instructeur", "convention-comment", convention, anchor="convention", text="À revoir.")
        with cast.acting("gestionnaire"):
            comment = Comment.objects.get(convention=convention)
        url = reverse("convention-comment-answer", args=[convention.uuid, comment.uuid])
        for forged in ("https://ailleurs.example/", "//ailleurs.example/", "/\\ailleurs.example"):
            response = cast.client("gestionnaire").post(url, {"answer": "Vu.", "next": forged})
            assert urlsplit(response["Location"]).netloc == ""
            assert response["Location"].startswith("/conventions/")

    def test_send_back_needs_a_reason_and_unlocks(self, cast):
        convention = submitted(cast)
        refused = post(cast, "instructeur", "convention-send-back", convention, reason=" ")
        assert "demande un motif" in text(refused)
        done = post(cast, "instructeur", "convention-send-back", convention, reason="Le lieu manque.")
        assert "est renvoyée au gestionnaire" in text(done)
        page = text(cast.client("gestionnaire").get(convention.get_absolute_url()))
        assert "Le lieu manque." in page
        assert "Renvoyée pour correction" in page
        assert reverse("convention-edit", args=[convention.uuid]) in page

    def test_what_is_logged_afterwards_does_not_hide_the_reason(self, cast):
        convention = submitted(cast)
        post(cast, "instructeur", "convention-send-back", convention, reason="Le lieu manque.")
        with cast.acting("gestionnaire"):
            Transition.objects.create(
                convention=convention,
                act="set_aside",
                from_status=Status.A_CORRIGER,
                to_status=Status.A_CORRIGER,
                by_label="Gestionnaire",
                reason="Acte remplacé.",
            )
        response = cast.client("gestionnaire").get(convention.get_absolute_url())
        assert response.context["sent_back"].reason == "Le lieu manque."
        current = next(step for step in response.context["steps"] if step["state"] == "current")
        assert (current["label"], current["by"]) == ("À corriger", "Instructeur (Préfecture)")

    def test_approve_freezes(self, cast):
        convention = submitted(cast)
        page = cast.client("instructeur").get(reverse("convention-review", args=[convention.uuid]))
        assert "Approuver la convention" in text(page)
        response = post(cast, "instructeur", "convention-approve", convention, lock_version=convention.lock_version)
        assert "est approuvée" in text(response)
        assert status_of(cast, convention) == Status.APPROUVEE
        with cast.acting("gestionnaire"):
            assert convention.versions.count() == 1
            cast.plan["e"].refresh_from_db()
            assert cast.plan["e"].status == PlanStatus.ARRETE

    def test_an_open_remark_holds_approval_back_until_closed(self, cast):
        convention = submitted(cast)
        post(cast, "instructeur", "convention-comment", convention, anchor="convention", text="À revoir.")
        assert "attendent une réponse" in text(post(cast, "instructeur", "convention-approve", convention))
        with cast.acting("gestionnaire"):
            comment = Comment.objects.get(convention=convention)
        post(cast, "instructeur", "convention-comment-withdraw", convention, comment.uuid)
        assert "est approuvée" in text(post(cast, "instructeur", "convention-approve", convention))

    def test_two_reviewers_at_once(self, cast):
        convention = submitted(cast)
        seen = convention.lock_version
        post(cast, "instructeur", "convention-send-back", convention, reason="À revoir.", lock_version=seen)
        response = post(cast, "instructeur", "convention-approve", convention, lock_version=seen)
        assert "modifiée pendant que vous" in text(response)
        assert status_of(cast, convention) == Status.A_CORRIGER


class TestSignature:
    def test_progress_and_last_signature(self, cast):
        convention = approved(cast)
        page = text(post(cast, "gestionnaire", "convention-circulate", convention))
        assert "Signatures : 0 sur 4" in page
        with cast.acting("gestionnaire"):
            signatories = list(convention.signatories.all())
        for rank, signatory in enumerate(signatories, start=1):
            page = text(
                post(
                    cast, "gestionnaire", "convention-sign", convention, signatory.uuid,
                    signed_on=f"{YEAR}-02-0{rank}", channel="papier",
                )
            )  # fmt: skip
            assert f"Signatures : {rank} sur 4" in page
        assert status_of(cast, convention) == Status.SIGNEE
        with cast.acting("gestionnaire"):
            cast.plan["e"].refresh_from_db()
            assert cast.plan["e"].status == PlanStatus.ENGAGE

    def test_without_an_enforceable_vote_the_form_gives_way_to_the_reason(self, cast):
        convention = approved(cast, voted=False)
        with cast.acting("gestionnaire"):
            services.start_signature(convention=convention, by=cast.actor("gestionnaire"))
            local = convention.signatories.get(party__organisation=cast.org["epci_a"])
        page = text(cast.client("gestionnaire").get(f"{convention.get_absolute_url()}?onglet=signatures"))
        assert reverse("convention-sign", args=[convention.uuid, local.uuid]) not in page
        assert "Aucune délibération n" in page
        refused = post(
            cast, "gestionnaire", "convention-sign", convention, local.uuid, signed_on=f"{YEAR}-02-01", channel="papier"
        )
        assert "Aucune délibération n" in text(refused)
        with cast.acting("gestionnaire"):
            assert not Signature.objects.filter(signatory=local).exists()

    def test_a_vote_on_the_approved_text_is_attached_without_changing_it(self, cast):
        convention = approved(cast, voted=False)
        with cast.acting("gestionnaire"):
            services.start_signature(convention=convention, by=cast.actor("gestionnaire"))
            local = convention.signatories.get(party__organisation=cast.org["epci_a"])
            party = local.party
            frozen = convention.versions.get().sha256
        browser = cast.client("gestionnaire")
        board = f"{convention.get_absolute_url()}?onglet=signatures"
        url = reverse("convention-party-vote", args=[convention.uuid, party.uuid])
        assert url in text(browser.get(board))
        vote_of = {"new_number": "31", "new_date": f"{YEAR}-02-10"}
        vote_of |= {"new_transmitted_on": f"{YEAR}-02-11", "new_published_on": f"{YEAR}-02-12"}
        assert "est rattachée" in text(browser.post(url, vote_of, follow=True))
        sign = reverse("convention-sign", args=[convention.uuid, local.uuid])
        assert sign in text(browser.get(board))
        browser.post(sign, {"signed_on": f"{YEAR}-02-20", "channel": "papier"})
        with cast.acting("gestionnaire"):
            assert convention.versions.get().sha256 == frozen
        assert "a déjà signé" in text(browser.post(url, {"deliberation": ""}))

    def test_no_vote_is_attached_while_the_text_is_under_review(self, cast):
        convention = submitted(cast)
        with cast.acting("gestionnaire"):
            party = convention.parties.get(organisation=cast.org["epci_a"])
        response = cast.client("gestionnaire").post(
            reverse("convention-party-vote", args=[convention.uuid, party.uuid]), {"deliberation": ""}
        )
        assert response.status_code == 422
        assert "ne s&#x27;y rattache plus" in text(response)

    def test_the_votes_dates_can_be_given_while_in_signature(self, cast):
        with cast.acting("gestionnaire"):
            draft = make_draft(cast)
            vote(cast, draft, published=None)
            draft.refresh_from_db()
            services.submit_convention(convention=draft, by=cast.actor("gestionnaire"))
        with cast.acting("instructeur"):
            services.approve_convention(convention=draft, by=cast.actor("instructeur"))
        with cast.acting("gestionnaire"):
            services.start_signature(convention=draft, by=cast.actor("gestionnaire"))
            local = draft.signatories.get(party__organisation=cast.org["epci_a"])
            deliberation = local.party.deliberation
        browser = cast.client("gestionnaire")
        board = f"{draft.get_absolute_url()}?onglet=signatures"
        edit = reverse("deliberation-edit", args=[deliberation.uuid])
        assert edit in text(browser.get(board))
        data = {"number": "12", "date": f"{YEAR}-01-12", "body": "Conseil"}
        data |= {"transmitted_on": f"{YEAR}-01-15", "published_on": f"{YEAR}-01-16"}
        assert browser.post(edit, data).status_code == 302
        assert reverse("convention-sign", args=[draft.uuid, local.uuid]) in text(browser.get(board))

    @pytest.mark.parametrize(
        ("signed_on", "message"),
        [("", "Indiquez la date"), ("bientôt", "Écrivez une date"), (f"{YEAR + 5}-01-01", "dans l&#x27;avenir")],
    )
    def test_a_bad_date_is_refused(self, cast, signed_on, message):
        convention = in_signature(cast)
        with cast.acting("gestionnaire"):
            signatory = convention.signatories.first()
        response = post(
            cast, "gestionnaire", "convention-sign", convention, signatory.uuid, signed_on=signed_on, channel="papier"
        )
        assert message in text(response)

    def test_reopening_keeps_the_signed_version_on_file(self, cast):
        convention = in_signature(cast)
        response = post(cast, "gestionnaire", "convention-reopen", convention, reason="Une erreur de montant.")
        assert "La rédaction reprend" in text(response)
        page = text(cast.client("gestionnaire").get(f"{convention.get_absolute_url()}?onglet=historique"))
        assert "Version 1" in page
        assert "Une erreur de montant." in page


class TestRenewal:
    def test_renewing_compares_with_the_former_text_and_figures(self, cast):
        convention = in_signature(cast)
        by = cast.actor("gestionnaire")
        with cast.acting("gestionnaire"):
            for signatory in convention.signatories.all():
                services.record_signature(
                    convention=convention, signatory=signatory, signed_on=dt.date(YEAR, 2, 1), by=by
                )
            plan = copy_plan_to_year(plan=cast.plan["e"], year=YEAR + 1, by=by)
        browser = cast.client("gestionnaire")
        url = reverse("convention-renew", args=[convention.uuid])
        form = browser.get(url).context["form"]
        assert form.initial["plans"] == [plan]
        data = {"reference": "62-SUITE", "plans": [plan.pk]}
        data |= {"period_start": f"{YEAR + 1}-01-01", "period_end": f"{YEAR + 1}-12-31"}
        page = text(browser.post(url, data, follow=True))
        assert "Renouvelle" in page
        with cast.acting("gestionnaire"):
            renewed = Convention.objects.get(reference="62-SUITE")
            assert renewed.previous == convention
            services.submit_convention(convention=renewed, by=by)
        review = cast.client("instructeur").get(reverse("convention-review", args=[renewed.uuid]))
        (year,) = review.context["years"]
        assert (year.before_year, year.year) == (YEAR, YEAR + 1)
        assert not year.changed
        assert review.context["review"].former == "62-NEUVE"
        assert "duree" in {line.kind for line in review.context["review"].changed}

    def test_only_a_signed_convention_is_renewed(self, cast):
        url = reverse("convention-renew", args=[cast.convention["d"].uuid])
        assert "Seule une convention signée" in text(cast.client("gestionnaire").get(url, follow=True))


class TestWhoMay:
    @pytest.mark.parametrize("person", ["finances_a", "partenaire", "employeur_a"])
    @pytest.mark.parametrize(
        "name",
        [
            "convention-submit", "convention-circulate", "convention-reopen", "convention-abandon",
            "convention-comment", "convention-send-back", "convention-approve",
        ],
    )  # fmt: skip
    def test_a_partner_acts_on_nothing(self, cast, person, name):
        url = reverse(name, args=[cast.convention["b"].uuid])
        assert cast.client(person).post(url, {"reason": "x"}).status_code == 403

    @pytest.mark.parametrize("name", ["convention-submit", "convention-circulate", "convention-reopen"])
    def test_the_reviewer_does_not_do_the_gestionnaires_acts(self, cast, name):
        url = reverse(name, args=[cast.convention["b"].uuid])
        assert cast.client("instructeur").post(url).status_code == 403

    @pytest.mark.parametrize("name", ["convention-send-back", "convention-approve", "convention-review"])
    def test_the_gestionnaire_does_not_review(self, cast, name):
        client, url = cast.client("gestionnaire"), reverse(name, args=[cast.convention["e"].uuid])
        answer = client.get(url) if name == "convention-review" else client.post(url)
        assert answer.status_code == 403

    @pytest.mark.parametrize(("person", "key"), [("finances_a", "b"), ("partenaire", "a"), ("finances_b", "d")])
    def test_anothers_convention_does_not_exist(self, cast, person, key):
        client, convention = cast.client(person), cast.convention[key]
        for name in ("convention", "convention-pdf"):
            assert client.get(reverse(name, args=[convention.uuid])).status_code == 404

    def test_a_partner_reads_the_text_but_not_the_remarks(self, cast):
        convention = submitted(cast)
        post(cast, "instructeur", "convention-comment", convention, anchor="convention", text="Entre nous.")
        with cast.acting("gestionnaire"):
            comment = Comment.objects.get(convention=convention)
            services.answer_comment(comment=comment, answer="Vu.", by=cast.actor("gestionnaire"))
        with cast.acting("instructeur"):
            services.approve_convention(convention=convention, by=cast.actor("instructeur"))
        client = cast.client("finances_a")
        for tab in ("texte", "plan", "parties", "historique", "controles", "signatures"):
            page = text(client.get(f"{convention.get_absolute_url()}?onglet={tab}"))
            assert "62-NEUVE" in page
            assert "Entre nous." not in page

    @pytest.mark.parametrize("name", ["convention-submit", "convention-approve", "convention-circulate"])
    def test_a_get_does_nothing(self, cast, name):
        client = cast.client("instructeur" if name == "convention-approve" else "gestionnaire")
        assert client.get(reverse(name, args=[cast.convention["e"].uuid])).status_code == 405
