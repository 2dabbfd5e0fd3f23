"""What changing an approved convention entails: a table of cases, then the services and the page on a real one."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from conventions import services
from conventions.enums import Status
from conventions.impact import Change, Kind, Outcome, Situation, changes_between, only_form, verdict_on
from conventions.models import Convention
from core.errors import Conflict
from parties.models import Mandate
from tests.cast import YEAR, Cast
from tests.conventions.pages import approved, in_signature
from tests.jobs import Jobs

PARTIES = ("l'État", "le Département", "la CC")
APPROVED = Situation(Status.APPROUVEE, PARTIES)
NOBODY = Situation(Status.EN_SIGNATURE, PARTIES)
ONE = Situation(Status.EN_SIGNATURE, PARTIES, ("l'État",))
SIGNED = Situation(Status.SIGNEE, PARTIES, PARTIES)


@pytest.mark.parametrize(
    ("before", "after", "form"),
    [
        ("Le poste est situé à Arras.", "Le poste est situé à Arras.", True),
        ("Le poste  est situé à Arras .", "Le poste est situé à Arras.", True),
        ("la convetion", "la convention", True),
        ("Les parites conviennent", "Les parties conviennent", True),
        ("la présente convention", "La présente Convention", True),
        ("en préfecture, a Arras", "en préfecture a Arras", True),
        ("l'interet général", "l'intérêt général", True),
        ("le convention", "la convention", True),
        ("14 000,00 €", "14 000,10 €", False),
        ("trois mois", "treize mois", False),
        ("six exemplaires", "dix exemplaires", False),
        ("un préavis de deux mois", "un préavis de douze mois", False),
        ("au plus tard en mai", "au plus tard en mars", False),
        ("le rapport est public", "le rapport n'est pas public", False),
        ("la partie peut résilier", "la partie doit résilier", False),
        ("un motif légal", "un motif illégal", False),
        ("sous réserve du vote", "sans réserve du vote", False),
        ("avec ou sans préavis", "avec et sans préavis", False),
        ("les parties versent", "les parties versent chaque année", False),
        ("Un paragraphe. Un autre.", "Un paragraphe.\n\nUn autre.", False),
        ("30 % du coût", "30 du coût", False),
        ("", "Une clause.", False),
    ],
)
def test_what_is_only_form(before: str, after: str, form: bool):
    assert only_form(before, after) is form
    assert only_form(after, before) is form


def change(kind: Kind, **values: object) -> Change:
    return Change(kind, "X", "avant", "après", **values)  # type: ignore[arg-type]


CASES = [
    # What changes, how far the convention is → what it entails, who signs.
    (change(Kind.TEXT, form_only=True), APPROVED, Outcome.CORRECTION, ()),
    (change(Kind.TEXT, form_only=True), NOBODY, Outcome.CORRECTION, ()),
    (change(Kind.TEXT, form_only=True), ONE, Outcome.NEW_SIGNATURE, ("l'État",)),
    (change(Kind.TEXT, form_only=True), SIGNED, Outcome.AVENANT, PARTIES),
    (change(Kind.TEXT), APPROVED, Outcome.REAPPROVAL, ()),
    (change(Kind.TEXT), ONE, Outcome.REAPPROVAL, ("l'État",)),
    (change(Kind.TEXT), SIGNED, Outcome.AVENANT, PARTIES),
    (change(Kind.FIGURE), APPROVED, Outcome.REAPPROVAL, ()),
    (change(Kind.FIGURE), ONE, Outcome.REAPPROVAL, ("l'État",)),
    (change(Kind.FIGURE), SIGNED, Outcome.AVENANT, PARTIES),
    (change(Kind.DATES), NOBODY, Outcome.REAPPROVAL, ()),
    (change(Kind.DATES), SIGNED, Outcome.AVENANT, PARTIES),
    (change(Kind.PARTY, who="la CC"), APPROVED, Outcome.REAPPROVAL, ()),
    (change(Kind.PARTY, who="la CC"), SIGNED, Outcome.AVENANT, PARTIES),
    (change(Kind.ANNEX), ONE, Outcome.REAPPROVAL, ("l'État",)),
    (change(Kind.ANNEX), SIGNED, Outcome.AVENANT, PARTIES),
    (change(Kind.SIGNATORY, who="la CC"), APPROVED, Outcome.NEW_SIGNATURE, ("la CC",)),
    (change(Kind.SIGNATORY, who="la CC"), ONE, Outcome.NEW_SIGNATURE, ("l'État", "la CC")),
    (change(Kind.SIGNATORY, who="la CC"), SIGNED, Outcome.NOTHING, ()),
    (change(Kind.VOTE, who="la CC"), APPROVED, Outcome.CORRECTION, ()),
    (change(Kind.VOTE, who="la CC"), ONE, Outcome.NEW_SIGNATURE, ("l'État",)),
    (change(Kind.VOTE, who="la CC"), SIGNED, Outcome.NOTHING, ()),
]


@pytest.mark.parametrize(("what", "situation", "outcome", "signers"), CASES)
def test_the_table_of_verdicts(what: Change, situation: Situation, outcome: Outcome, signers: tuple[str, ...]):
    verdict = verdict_on([what], situation)
    assert (verdict.outcome, verdict.signers) == (outcome, signers)
    assert verdict.judged[0].reason.endswith(".")


def test_the_heaviest_change_decides_and_everybody_is_named_once():
    both = verdict_on([change(Kind.SIGNATORY, who="la CC"), change(Kind.FIGURE)], ONE)
    assert both.outcome is Outcome.REAPPROVAL
    assert both.signers == ("l'État", "la CC")
    assert both.fingerprint != verdict_on([change(Kind.FIGURE)], ONE).fingerprint
    assert not verdict_on([], ONE)


def article(text: str) -> dict[str, object]:
    return {"number": 1, "kind": "objet", "title": "Objet", "blocks": [{"type": "p", "text": text}]}


def test_changes_are_read_in_the_contents_themselves():
    line = {"financer": "epci", "ref": "epci", "amount": "12000.00"}
    old = {
        "title": "Convention", "subtitle": "Période du 1er au 31", "closing": {"place": "Arras"},
        "parties": [
            {"name_le": "l'État", "designation": "L'État, représenté par M. A", "roles_label": "financeur"},
            {"name_le": "la CC", "designation": "La CC, représentée par Mme B, présidente", "roles_label": "employeur"},
        ],
        "signatories": [{"organisation": "Pour la CC", "name": "Mme B", "function": "Présidente", "mention": ""}],
        "visas": ["Vu le code ;"], "preamble": [],
        "articles": [article("La convetion.")],
        "annexes": [{"number": 1, "title": "Fiche", "blocks": []}],
        "figures": [{"year": 2026, "plan": "p", "lines": [line]}],
    }  # fmt: skip
    new = old | {
        "parties": [
            old["parties"][0],
            old["parties"][1] | {
                "designation": "La CC, représentée par M. C, président, dûment habilité par la délibération n° 3"
            },
        ],
        "signatories": [{"organisation": "Pour la CC", "name": "M. C", "function": "Président", "mention": ""}],
        "visas": ["Vu le code ;", "Vu la délibération n° 3 ;"],
        "articles": [article("La convention.")],
        "annexes": [],
        "figures": [{"year": 2026, "plan": "p", "lines": [line | {"amount": "13000.00"}]}],
    }  # fmt: skip
    found = changes_between(old, new)
    assert [(c.kind, c.form_only) for c in found] == [
        (Kind.FIGURE, False), (Kind.SIGNATORY, False), (Kind.VOTE, False), (Kind.SIGNATORY, False),
        (Kind.VOTE, False), (Kind.TEXT, True), (Kind.ANNEX, False),
    ]  # fmt: skip
    assert changes_between(old, old) == []


# --- On a real convention ---------------------------------------------------------------------------------------------


def edit_clause(cast: Cast, convention: Convention, replaced: str, by: str, kind: str = "litiges"):
    from conventions.text.reading import typed_clause

    clause = typed_clause(convention, kind)
    assert clause is not None
    text = clause.text.replace(replaced, by, 1)
    assert text != clause.text, clause.text
    return lambda: services.save_clause(
        convention=convention, kind=kind, title=clause.title, text=text, by=cast.actor("gestionnaire")
    )


@pytest.mark.django_db
def test_a_correction_of_form_makes_a_version_that_nobody_reviews_again(cast: Cast, jobs: Jobs):
    convention = in_signature(cast)
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        edit = edit_clause(cast, convention, "parties", "partis")
        verdict = services.foresee(convention=convention, edit=edit, by=by)
        assert verdict.outcome is Outcome.CORRECTION, [(j.change, j.reason) for j in verdict.judged]
        assert not convention.clauses.exists(), "foreseeing writes nothing"
        with pytest.raises(Conflict):
            services.carry_out(convention=convention, edit=edit, by=by, confirmed="autre")
        assert services.carry_out(convention=convention, edit=edit, by=by, confirmed=verdict.fingerprint)
        convention.refresh_from_db()
        first, second = convention.versions.order_by("number")
        assert (convention.status, second.number) == (Status.EN_SIGNATURE, 2)
        assert second.approved_by_label == first.approved_by_label
        assert second.sha256 != first.sha256
        act = convention.transitions.latest("pk")
        assert (act.act, act.from_status, act.to_status) == ("correct", "en_signature", "en_signature")
        assert "Correction de forme" in act.reason
        assert services.foresee(convention=convention, edit=lambda: None, by=by).outcome is Outcome.NOTHING
    assert ("reporting.publish_version", second.pk) in [(name, args.get("version_id")) for name, args in jobs.waiting()]


@pytest.mark.django_db
def test_replacing_a_variable_by_what_it_reads_is_no_correction_of_form(cast: Cast):
    from conventions.text.reading import typed_clause

    convention = approved(cast)
    with cast.acting("gestionnaire"):
        clause = typed_clause(convention, "duree")
        assert "{{ period.duration }}" in clause.text
        text = clause.text.replace("{{ period.duration }}", "un an").replace("convention", "convension", 1)
        verdict = services.foresee(
            convention=convention,
            edit=lambda: services.save_clause(
                convention=convention, kind="duree", title=clause.title, text=text, by=cast.actor("gestionnaire")
            ),
            by=cast.actor("gestionnaire"),
        )
    assert verdict.outcome is Outcome.REAPPROVAL, verdict.judged


@pytest.mark.django_db
def test_a_change_of_sense_reopens_with_the_change_in_it_and_the_plan_is_given_back(cast: Cast):
    convention = approved(cast)
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        edit = lambda: services.update_convention(  # noqa: E731
            convention=convention, data={"notice_months": 6}, by=by, expected=None
        )
        verdict = services.foresee(convention=convention, edit=edit, by=by)
        assert verdict.outcome is Outcome.REAPPROVAL
        services.carry_out(convention=convention, edit=edit, by=by, confirmed=verdict.fingerprint)
        convention.refresh_from_db()
        assert (convention.status, convention.notice_months) == (Status.A_CORRIGER, 6)
        assert convention.plans.get().status == "projet"


@pytest.mark.django_db
def test_a_new_signatory_makes_a_version_signed_by_them_and_by_those_who_had_signed(cast: Cast, time_machine):
    time_machine.move_to(dt.datetime(YEAR, 3, 10, 12, tzinfo=dt.UTC))
    convention = in_signature(cast)
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        host = convention.signatories.get(party__organisation=cast.org["gendarmerie"])
        services.record_signature(convention=convention, signatory=host, signed_on=dt.date(YEAR, 3, 9), by=by)
        party = convention.parties.get(organisation=cast.org["epci_a"])
        person = Mandate.objects.create(
            organisation=cast.org["epci_a"], key="vice", person="Alex Vice", function="vice-présidente",
            capacity="elected", gender="f", start=dt.date(YEAR, 1, 1),
        )  # fmt: skip
        edit = lambda: services.save_party(  # noqa: E731
            party=party, roles=party.roles, representative=person, signatory=person,
            deliberation=party.deliberation, by=by,
        )  # fmt: skip
        verdict = services.foresee(convention=convention, edit=edit, by=by)
        assert verdict.outcome is Outcome.NEW_SIGNATURE
        assert len(verdict.signers) == 2
        services.carry_out(convention=convention, edit=edit, by=by, confirmed=verdict.fingerprint)
        convention.refresh_from_db()
        second = convention.versions.get(number=2)
        assert "Alex Vice" in str(second.content["signatories"])
        assert not second.signatures.exists(), "a new version never inherits a signature"
        assert convention.status == Status.EN_SIGNATURE


@pytest.mark.django_db
def test_what_is_signed_is_left_alone(cast: Cast):
    convention = approved(cast)
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        Convention.objects.filter(pk=convention.pk).update(status=Status.SIGNEE)
        edit = edit_clause(cast, convention, "parties", "partis")
        verdict = services.foresee(convention=convention, edit=edit, by=by)
        assert verdict.outcome is Outcome.AVENANT
        assert len(verdict.signers) == convention.parties.count()
        services.carry_out(convention=convention, edit=edit, by=by, confirmed=verdict.fingerprint)
        assert not convention.clauses.exists()
        assert convention.versions.count() == 1


# --- On the pages -----------------------------------------------------------------------------------------------------


def shown(response) -> str:
    return response.content.decode()


@pytest.mark.django_db
class TestPages:
    def test_the_clause_editor_says_what_follows_then_does_it(self, cast: Cast):
        from conventions.text.reading import typed_clause

        convention = in_signature(cast)
        staff = cast.client("gestionnaire")
        with cast.acting("gestionnaire"):
            clause = typed_clause(convention, "litiges")
        url = reverse("convention-clause", args=[convention.uuid, "litiges"])
        assert "Voir ce que ce changement entraîne" in shown(staff.get(url))
        typed = {
            "title": clause.title,
            "text": clause.text.replace("parties", "partis", 1),
            "lock_version": convention.lock_version,
        }
        told = staff.post(url, typed)
        assert told.status_code == 200
        assert "Correction de forme" in shown(told)
        assert "partis" in shown(told), "what was typed stays"
        verdict = told.context["verdict"]
        with cast.acting("gestionnaire"):
            assert convention.versions.count() == 1
        done = staff.post(url, typed | {"confirmed": verdict.fingerprint})
        assert done.status_code == 302
        with cast.acting("gestionnaire"):
            assert convention.versions.count() == 2
        same = staff.post(url, typed | {"lock_version": ""})
        assert same.status_code == 422
        assert "il n&#x27;y a rien à enregistrer" in shown(same)

    def test_a_confirmation_of_something_else_is_shown_again_and_does_nothing(self, cast: Cast):
        convention = approved(cast)
        staff = cast.client("gestionnaire")
        url = reverse("convention-edit", args=[convention.uuid])
        form = staff.get(url).context["form"]
        typed = {name: form[name].value() or "" for name in form.fields} | {"place": "Lens"}
        told = staff.post(url, typed | {"confirmed": "autre"})
        assert told.status_code == 200
        assert "Nouvelle approbation" in shown(told)
        staff.post(url, typed | {"confirmed": told.context["verdict"].fingerprint})
        with cast.acting("gestionnaire"):
            convention.refresh_from_db()
            assert (convention.status, convention.place) == (Status.A_CORRIGER, "Lens")

    def test_a_figure_of_an_approved_convention_takes_it_back_to_the_desk(self, cast: Cast):
        convention = approved(cast)
        staff = cast.client("gestionnaire")
        assert "Changer un montant" in shown(staff.get(f"{convention.get_absolute_url()}?onglet=plan"))
        url = reverse("convention-change", args=[convention.uuid])
        told = staff.get(url, {"quoi": "chiffres"})
        assert "Un montant approuvé change" in shown(told)
        with cast.acting("gestionnaire"):
            convention.refresh_from_db()
            assert convention.status == Status.APPROUVEE
        sent = staff.post(
            url,
            {
                "quoi": "chiffres",
                "confirmed": told.context["verdict"].fingerprint,
                "reason": "Salaire revu.",
                "lock_version": convention.lock_version,
            },
        )
        assert sent.url == reverse("plan-edit", args=[cast.plan["e"].uuid])
        with cast.acting("gestionnaire"):
            convention.refresh_from_db()
            assert convention.status == Status.A_CORRIGER
            assert "Salaire revu." in convention.transitions.latest("pk").reason

    def test_what_is_signed_points_to_an_avenant(self, cast: Cast):
        staff = cast.client("gestionnaire")
        url = reverse("convention-change", args=[cast.convention["a"].uuid])
        told = shown(staff.get(url, {"quoi": "chiffres"}))
        assert "Avenant" in told
        assert "Reprendre la rédaction" not in told
        assert reverse("convention-avenant", args=[cast.convention["a"].uuid]) in told

    def test_under_review_nothing_is_changed(self, cast: Cast):
        staff = cast.client("gestionnaire")
        answer = staff.get(reverse("convention-change", args=[cast.convention["e"].uuid]), follow=True)
        assert "elle ne se modifie pas dans cet état" in shown(answer)
