"""The review: what a remark unlocks, threads, two levels, readings, verdicts. As services see it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, transaction

from conventions import services
from conventions.enums import Anchor, ConventionAct, ReadingOutcome, Status
from conventions.models import Comment, CommentMessage, Convention, Party, ReadingRequest
from conventions.services.unlocking import Target, unlocked
from core.errors import BusinessError, Conflict, InvalidInput, NotAllowed
from funding.adapter import data_of
from funding.models import FundingPlan
from funding.services.plans import save_plan
from parties.models import Membership, User
from tests.cast import PASSWORD, YEAR, Cast
from tests.conventions.pages import make_draft, submitted

pytestmark = pytest.mark.django_db


def sent_back(cast: Cast, *remarks: tuple[str, str]) -> Convention:
    """A convention the préfecture sent back with one remark per (anchor, target)."""
    convention = submitted(cast)
    by = cast.actor("instructeur")
    with cast.acting("instructeur"):
        for anchor, target in remarks:
            services.add_comment(convention=convention, text="À revoir.", by=by, anchor=anchor, target=target)
        services.send_back_convention(convention=convention, reason="" if remarks else "Tout revoir.", by=by)
    with cast.acting("gestionnaire"):
        convention.refresh_from_db()
    return convention


def edit_clause(cast: Cast, convention: Convention, kind: str) -> None:
    services.save_clause(
        convention=convention, kind=kind, title="Titre", text="Autre chose.", by=cast.actor("gestionnaire")
    )


def edit_plan(cast: Cast, plan: FundingPlan) -> FundingPlan:
    plan.refresh_from_db()
    return save_plan(plan=plan, data=data_of(plan), expected_version=plan.version, by=cast.actor("gestionnaire"))


# --- What a remark unlocks --------------------------------------------------------------------------------------------


def test_a_remark_on_a_clause_unlocks_that_clause_and_nothing_else(cast: Cast):
    convention = sent_back(cast, (Anchor.CLAUSE, "duree"))
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        party = convention.parties.get(organisation=cast.org["epci_a"])
        people = {"representative": party.representative, "signatory": party.representative, "deliberation": None}
        edit_clause(cast, convention, "duree")
        refused = [
            lambda: edit_clause(cast, convention, "litiges"),
            lambda: services.remove_clause(convention=convention, kind="litiges", by=by),
            lambda: services.restore_clause(convention=convention, kind="litiges", by=by),
            lambda: services.update_convention(convention=convention, data={"place": "Lens"}, by=by, expected=None),
            lambda: services.save_party(party=party, roles=party.roles, by=by, **people),
            lambda: services.remove_party(party=party, by=by),
            lambda: services.add_party(
                convention=convention, organisation=cast.org["police"], roles=["associe"], by=by
            ),
            lambda: services.authorise_party(party=party, deliberation=None, by=by),
            lambda: edit_plan(cast, cast.plan["e"]),
        ]
        for act in refused:
            with pytest.raises(BusinessError, match="réouverture plus large"), transaction.atomic():
                act()
        convention.refresh_from_db()
        assert [row.kind for row in convention.clauses.all()] == ["duree"]


def test_a_remark_on_a_plan_line_unlocks_the_plan_of_that_year(cast: Cast):
    convention = sent_back(cast, (Anchor.SHARE, f"{YEAR}:departement"))
    with cast.acting("gestionnaire"):
        before = cast.plan["e"].version
        assert edit_plan(cast, cast.plan["e"]).version == before + 1
        with pytest.raises(BusinessError, match="réouverture plus large"):
            edit_clause(cast, convention, "duree")


def test_a_remark_on_a_party_unlocks_that_party(cast: Cast):
    with cast.acting("gestionnaire"):
        draft = make_draft(cast)
        party, other = (draft.parties.get(organisation=cast.org[name]) for name in ("gendarmerie", "departement"))
        services.submit_convention(convention=draft, by=cast.actor("gestionnaire"))
    with cast.acting("instructeur"):
        by = cast.actor("instructeur")
        services.add_comment(
            convention=Convention.objects.get(pk=draft.pk), text="Qui signe ?", by=by, anchor="partie",
            target=str(party.uuid),
        )  # fmt: skip
        services.send_back_convention(convention=draft, reason="", by=by)

    def save(changed: Party) -> None:
        services.save_party(
            party=changed, roles=changed.roles, representative=changed.representative,
            signatory=changed.representative, deliberation=None, by=cast.actor("gestionnaire"),
        )  # fmt: skip

    with cast.acting("gestionnaire"):
        save(party)
        with pytest.raises(BusinessError, match="réouverture plus large"):
            save(other)


@pytest.mark.parametrize(
    "remarks", [[], [(Anchor.CONVENTION, "")], [(Anchor.CLAUSE, "duree"), (Anchor.CONVENTION, "")]]
)
def test_a_remark_on_the_whole_or_none_at_all_unlocks_everything(cast: Cast, remarks):
    convention = sent_back(cast, *remarks)
    with cast.acting("gestionnaire"):
        assert not unlocked(convention).limited
        edit_clause(cast, convention, "litiges")


def test_a_wider_reopening_is_asked_granted_and_logged(cast: Cast):
    convention = sent_back(cast, (Anchor.CLAUSE, "duree"))
    staff, reviewer = cast.actor("gestionnaire"), cast.actor("instructeur")
    with cast.acting("gestionnaire"):
        with pytest.raises(InvalidInput, match="motif"):
            services.ask_wider_reopening(convention=convention, reason=" ", by=staff)
        services.ask_wider_reopening(convention=convention, reason="Le siège a changé aussi.", by=staff)
        state = unlocked(convention)
        assert state.limited
        assert state.asked.reason == "Le siège a changé aussi."
        with pytest.raises(BusinessError, match="réouverture plus large"):
            edit_clause(cast, convention, "litiges")
        with pytest.raises(NotAllowed):
            services.widen_reopening(convention=convention, reason="Moi-même.", by=staff)
    with cast.acting("instructeur"):
        services.widen_reopening(convention=convention, reason="D'accord.", by=reviewer)
    with cast.acting("gestionnaire"):
        edit_clause(cast, convention, "litiges")
        acts = list(convention.transitions.values_list("act", flat=True))
        assert acts == ["submit", "send_back", "ask_wider", "widen"]


def test_the_next_sending_back_limits_again(cast: Cast):
    convention = sent_back(cast)
    with cast.acting("gestionnaire"):
        services.submit_convention(convention=convention, by=cast.actor("gestionnaire"))
        convention.refresh_from_db()
    with cast.acting("instructeur"):
        by = cast.actor("instructeur")
        services.add_comment(convention=convention, text="Et ceci ?", by=by, anchor="clause", target="duree")
        services.send_back_convention(convention=convention, reason="", by=by)
    with cast.acting("gestionnaire"):
        convention.refresh_from_db()
        assert unlocked(convention).targets == {Target(Anchor.CLAUSE, "duree")}


@pytest.mark.parametrize(
    ("anchor", "target"), [("clause", "inconnue"), ("part", "2019:etat"), ("part", "x"), ("partie", "x")]
)
def test_a_remark_is_about_something_the_convention_has(cast: Cast, anchor, target):
    convention = submitted(cast)
    with cast.acting("instructeur"), pytest.raises(InvalidInput):
        services.add_comment(
            convention=convention, text="Quoi ?", by=cast.actor("instructeur"), anchor=anchor, target=target
        )


# --- Threads ----------------------------------------------------------------------------------------------------------


def test_a_thread_keeps_every_message_and_approval_closes_what_was_answered(cast: Cast):
    convention = submitted(cast)
    staff, reviewer = cast.actor("gestionnaire"), cast.actor("instructeur")
    with cast.acting("instructeur"):
        remark = services.add_comment(convention=convention, text="Pourquoi ?", by=reviewer)
    with cast.acting("gestionnaire"):
        services.answer_comment(comment=remark, answer="Usage local.", by=staff)
    with cast.acting("instructeur"):
        services.reply_comment(comment=Comment.objects.get(pk=remark.pk), text="Lequel ?", by=reviewer)
        with pytest.raises(BusinessError, match="attendent une réponse"):
            services.approve_convention(convention=convention, by=reviewer)
    with cast.acting("gestionnaire"):
        services.answer_comment(comment=remark, answer="Celui de 2023.", by=staff)
    with cast.acting("instructeur"):
        services.approve_convention(convention=convention, by=reviewer)
        remark = Comment.objects.get(pk=remark.pk)
        said, answer = list(remark.messages.values_list("side", "text")), remark.answer
    assert said == [("gestionnaire", "Usage local."), ("prefecture", "Lequel ?"), ("gestionnaire", "Celui de 2023.")]
    assert answer == "Celui de 2023."
    assert (remark.resolved, remark.resolved_by_label) == (True, reviewer.label)


def test_a_message_is_never_rewritten_and_a_closed_thread_is_over(cast: Cast):
    convention = submitted(cast)
    with cast.acting("instructeur"):
        remark = services.add_comment(convention=convention, text="Pourquoi ?", by=cast.actor("instructeur"))
    with cast.acting("gestionnaire"):
        services.answer_comment(comment=remark, answer="Ainsi.", by=cast.actor("gestionnaire"))
        with pytest.raises(DatabaseError, match="ne se modifie pas"), transaction.atomic():
            CommentMessage.objects.filter(comment=remark).update(text="Autrement.")
    with cast.acting("instructeur"):
        services.withdraw_comment(comment=remark, by=cast.actor("instructeur"))
    with cast.acting("gestionnaire"), pytest.raises(BusinessError, match="clos"):
        services.answer_comment(
            comment=Comment.objects.get(pk=remark.pk), answer="Encore.", by=cast.actor("gestionnaire")
        )


# --- One or two levels ------------------------------------------------------------------------------------------------


@pytest.fixture
def second(cast: Cast):
    """Another reviewer of the préfecture: the head of office."""
    user = User.objects.create_user("bureau@exemple.fr", PASSWORD, name="Cheffe de bureau")
    with cast.acting("gestionnaire"):
        cast.membership["bureau"] = Membership.objects.create(
            user=user, organisation=cast.org["prefecture"], role="instructeur"
        )
    cast.user["bureau"] = user
    return cast.actor("bureau")


def two_levels(cast: Cast, **options) -> None:
    with cast.acting("gestionnaire"):
        services.set_approval_rule(levels=2, second_label="Chef de bureau", by=cast.actor("gestionnaire"), **options)


def test_with_two_levels_a_first_opinion_is_kept_and_another_person_approves(cast: Cast, second):
    two_levels(cast)
    convention = submitted(cast)
    first = cast.actor("instructeur")
    with cast.acting("instructeur"):
        with pytest.raises(BusinessError, match="n'est plus possible"):
            services.approve_convention(convention=convention, by=first)
        services.endorse_convention(convention=convention, opinion="Conforme, montants vérifiés.", by=first)
        with pytest.raises(NotAllowed, match="une autre personne"):
            services.approve_convention(convention=convention, by=first)
    with cast.acting("gestionnaire"):
        convention.refresh_from_db()
        assert convention.status == Status.VISEE
        with pytest.raises(Conflict, match="premier avis favorable"):
            edit_plan(cast, cast.plan["e"])
    with cast.acting("bureau"):
        version = services.approve_convention(convention=convention, by=second)
    assert version.approved_by_label == second.label
    with cast.acting("gestionnaire"):
        log = list(convention.transitions.values_list("act", "by_label", "reason"))
    assert log[1] == (ConventionAct.ENDORSE, first.label, "Conforme, montants vérifiés.")
    assert log[2][0] == ConventionAct.APPROVE


def test_the_second_level_is_reserved_to_those_named_and_may_send_back(cast: Cast, second):
    two_levels(cast, second_users=[second.user.pk])
    convention = submitted(cast)
    with cast.acting("bureau"):
        services.endorse_convention(convention=convention, by=second)
    with cast.acting("instructeur"), pytest.raises(NotAllowed, match="réservé"):
        services.approve_convention(convention=convention, by=cast.actor("instructeur"))
    with cast.acting("instructeur"):
        services.send_back_convention(convention=convention, reason="À revoir.", by=cast.actor("instructeur"))
    with cast.acting("gestionnaire"):
        convention.refresh_from_db()
    assert convention.status == Status.A_CORRIGER


def test_one_level_has_no_first_opinion_and_the_rule_is_kept_as_a_history(cast: Cast):
    convention = submitted(cast)
    with cast.acting("instructeur"), pytest.raises(BusinessError, match="n'est plus possible"):
        services.endorse_convention(convention=convention, by=cast.actor("instructeur"))
    two_levels(cast)
    with cast.acting("gestionnaire"):
        by = cast.actor("gestionnaire")
        again = services.set_approval_rule(levels=2, second_label="Chef de bureau", by=by)
        one = services.set_approval_rule(levels=1, by=by)
        assert one.pk != again.pk
        with pytest.raises(InvalidInput, match="Nommez"):
            services.set_approval_rule(levels=2, by=by)
    with cast.acting("instructeur"), pytest.raises(NotAllowed):
        services.set_approval_rule(levels=1, by=cast.actor("instructeur"))


def test_the_first_opinion_is_not_for_the_other_parties(cast: Cast, second):
    two_levels(cast)
    convention = submitted(cast)
    with cast.acting("instructeur"):
        services.endorse_convention(convention=convention, opinion="Entre nous.", by=cast.actor("instructeur"))
    with cast.acting("bureau"):
        services.approve_convention(convention=convention, by=second)
    with cast.acting("finances_a"):
        acts = list(Convention.objects.get(pk=convention.pk).transitions.values_list("act", flat=True))
    assert acts == ["submit", "approve"]


# --- Readings ---------------------------------------------------------------------------------------------------------


def asked(cast: Cast, *names: str) -> tuple[Convention, list[ReadingRequest]]:
    with cast.acting("gestionnaire"):
        draft = make_draft(cast)
        parties = list(draft.parties.filter(organisation__in=[cast.org[name] for name in names]))
        rows = services.request_readings(
            convention=draft, parties=parties, by=cast.actor("gestionnaire"), site="https://exemple.fr",
            deadline=dt.date(YEAR + 1, 12, 31),
        )  # fmt: skip
    return draft, rows


def sees(cast: Cast, person: str, convention: Convention) -> bool:
    with cast.acting(person):
        return Convention.objects.filter(pk=convention.pk).exists()


def test_an_invited_party_sees_that_draft_only_while_it_is_asked(cast: Cast, jobs):
    draft, (request,) = asked(cast, "epci_a")
    assert sees(cast, "finances_a", draft)
    assert not sees(cast, "finances_b", draft)
    assert not sees(cast, "partenaire", draft)
    assert not sees(cast, "finances_a", cast.convention["d"])
    assert not sees(cast, "finances_there", draft)
    with cast.acting("finances_a"):
        assert draft.pk not in Convention.objects.visible_to(cast.actor("finances_a")).values_list("pk", flat=True)
        assert draft.parties.count() == 4
    with cast.acting("finances_b"):
        assert not ReadingRequest.objects.exists()
    with cast.acting("gestionnaire"):
        services.close_reading(request=request, by=cast.actor("gestionnaire"))
    assert not sees(cast, "finances_a", draft)


def test_submission_ends_the_readings(cast: Cast):
    draft, _ = asked(cast, "epci_a")
    with cast.acting("gestionnaire"):
        services.submit_convention(convention=draft, by=cast.actor("gestionnaire"))
    assert not sees(cast, "finances_a", draft)


def test_a_reader_s_remarks_reach_the_gestionnaire_and_the_prefecture_only_when_said_so(cast: Cast):
    draft, (request,) = asked(cast, "epci_a")
    reader = cast.actor("finances_a")
    with cast.acting("finances_a"):
        request = ReadingRequest.objects.select_related("convention").get(pk=request.pk)
        services.add_reader_comment(request=request, text="Entre nous.", by=reader)
        services.add_reader_comment(
            request=request, text="À dire.", by=reader, to_review=True, anchor="clause", target="duree"
        )
        services.declare_read(request=request, outcome=ReadingOutcome.REMARKS, by=reader)
        services.declare_read(request=request, outcome=ReadingOutcome.REMARKS, by=reader)
        assert request.replies.count() == 1
    with cast.acting("employeur_a"):
        assert Comment.objects.count() == 2, "the same organisation"
    with cast.acting("gestionnaire"):
        assert {c.text for c in draft.comments.all()} == {"Entre nous.", "À dire."}
        services.submit_convention(convention=draft, by=cast.actor("gestionnaire"))
    with cast.acting("instructeur"):
        assert [c.text for c in Comment.objects.filter(convention=draft)] == ["À dire."]
        services.approve_convention(convention=draft, by=cast.actor("instructeur"))


def test_who_was_not_asked_neither_comments_nor_answers(cast: Cast):
    _, (request,) = asked(cast, "epci_a")
    for act in (
        lambda by: services.add_reader_comment(request=request, text="Moi aussi.", by=by),
        lambda by: services.declare_read(request=request, outcome="lu", by=by),
    ):
        with cast.acting("finances_b"), pytest.raises(NotAllowed):
            act(cast.actor("finances_b"))
    with cast.acting("finances_b"), pytest.raises(DatabaseError), transaction.atomic():
        Comment.objects.create(
            convention=request.convention, text="De force.", organisation=cast.org["epci_b"], by_label="X"
        )


def test_each_member_is_written_to_once(cast: Cast, jobs, mailoutbox):
    draft, (_request,) = asked(cast, "epci_a")
    with cast.acting("gestionnaire"):
        parties = list(draft.parties.filter(organisation=cast.org["epci_a"]))
        services.request_readings(
            convention=draft, parties=parties, by=cast.actor("gestionnaire"), site="https://exemple.fr"
        )
    assert [name for name, _ in jobs.waiting()] == ["conventions.announce_reading"]
    jobs.run()
    assert sorted(mail.to[0] for mail in mailoutbox) == [
        "admin_a@exemple.fr",
        "employeur_a@exemple.fr",
        "finances_a@exemple.fr",
    ]
    assert f"https://exemple.fr/conventions/{draft.uuid}/relecture/" in mailoutbox[0].body


@pytest.mark.parametrize(("names", "options", "message"), [
    (["prefecture"], {}, "quand elle lui est soumise"),
    ([], {}, "au moins une partie"),
    (["epci_a"], {"deadline": dt.date(YEAR - 1, 1, 1)}, "déjà passée"),
])  # fmt: skip
def test_a_reading_asked_wrongly_is_refused(cast: Cast, names, options, message):
    with cast.acting("gestionnaire"):
        draft = make_draft(cast)
        parties = list(draft.parties.filter(organisation__in=[cast.org[name] for name in names]))
        with pytest.raises(InvalidInput, match=message):
            services.request_readings(
                convention=draft, parties=parties, by=cast.actor("gestionnaire"), site="https://exemple.fr", **options
            )
