"""The conventions of a year renewed together: page, followed work, result, submission."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conventions import services
from conventions.enums import AnnexKind, Status
from conventions.models import Annex, Convention, Party
from conventions.services.renewal import renew_into
from funding.models import CostComponent, FundingPlan
from funding.services.plans import recompute_plan
from parties.enums import JobState
from parties.jobs.running import Work
from parties.models import Job, Mandate
from tests.cast import YEAR, Cast
from tests.conventions.pages import make_draft
from tests.jobs import Jobs

pytestmark = pytest.mark.django_db

NEXT = YEAR + 1


@pytest.fixture
def draft(cast: Cast) -> Convention:
    """62-2026-07: a renewal already, so that nothing in its text has to turn from creation to renewal."""
    with cast.acting("gestionnaire"):
        made = make_draft(cast, reference=f"62-{YEAR}-07")
        made.is_renewal = True
        made.save()
        return made


@pytest.fixture
def staff(cast: Cast):
    return cast.client("gestionnaire")


def renew(cast: Cast, convention: Convention, *, copy_plans: bool = True) -> services.Renewed:
    with cast.acting("gestionnaire"):
        return renew_into(convention=convention, to_year=NEXT, copy_plans=copy_plans, by=cast.actor("gestionnaire"))


def labels(row: services.Renewed, kind: str) -> list[str]:
    return [change["label"] for change in row.changes if change["kind"] == kind and not change["expected"]]


def text(response) -> str:
    return response.content.decode()


class TestOne:
    def test_nothing_but_the_year_changes(self, cast, draft):
        row = renew(cast, draft)
        assert (row.state, row.made, row.reference) == ("ready", True, f"62-{NEXT}-07"), row
        with cast.acting("gestionnaire"):
            made = Convention.objects.get(uuid=row.uuid)
            assert made.previous == draft
            [plan] = made.plans.all()
            assert (plan.year, plan.status) == (NEXT, "projet")
        assert renew(cast, draft).made is False

    def test_a_dearer_plan_a_new_person_and_a_new_employer_are_told(self, cast, draft):
        with cast.acting("gestionnaire"):
            by = cast.actor("gestionnaire")
            plan = services_copy(cast, by)
            CostComponent.objects.filter(plan=plan).update(amount=39000)
            recompute_plan(plan=plan)
            cast.mandate["departement"].end = dt.date(YEAR, 12, 31)
            cast.mandate["departement"].save()
            Mandate.objects.create(
                organisation=cast.org["departement"], key="neuf", person="Alex Neuf", function="présidente",
                capacity="elected", gender="f", start=dt.date(NEXT, 1, 1),
            )  # fmt: skip
            cast.post["e"].employer = cast.org["epci_b"]
            cast.post["e"].save()
        row = renew(cast, draft)
        assert len(labels(row, "figures")) == 3
        assert {c["before"] for c in row.changes if c["kind"] == "figures"} == {"12\u202f000,00\u202f€"}
        assert {c["after"] for c in row.changes if c["kind"] == "figures"} == {"13\u202f000,00\u202f€"}
        assert labels(row, "employeur") == ["Employeur"]
        [signs] = [c for c in row.changes if c["kind"] == "signataires" and "Neuf" in c["after"]]
        assert "Departement" in signs["before"]
        assert row.state in ("changed", "problem")

    def test_a_body_that_paid_and_no_longer_does_is_not_carried_on(self, cast, draft):
        with cast.acting("gestionnaire"):
            Party.objects.create(
                convention=draft, organisation=cast.org["epci_b"], position=9, roles=["financeur"],
                representative=cast.mandate["epci_b"],
            )  # fmt: skip
            Party.objects.create(
                convention=draft, organisation=cast.org["police"], position=10, roles=["associe"],
                representative=cast.mandate["police"],
            )  # fmt: skip
        row = renew(cast, draft)
        with cast.acting("gestionnaire"):
            made = Convention.objects.get(uuid=row.uuid)
            bound = set(made.parties.values_list("organisation__key", flat=True))
        assert "epci-b" not in bound
        assert "police" in bound
        assert labels(row, "parties") == [cast.org["epci_b"].label]

    def test_a_wording_adapted_by_hand_that_names_the_year_is_pointed_at(self, cast, draft):
        with cast.acting("gestionnaire"):
            services.save_clause(
                convention=draft, kind="litiges", title="Litiges", text=f"Comme en {YEAR}, à l'amiable.",
                by=cast.actor("gestionnaire"),
            )  # fmt: skip
        row = renew(cast, draft)
        assert (labels(row, "clauses"), row.state) == (["Litiges"], "changed")

    def test_annexes_follow(self, cast, draft):
        with cast.acting("gestionnaire"):
            Annex.objects.create(convention=draft, kind=AnnexKind.FUNDING, title="Financement", position=1)
            Annex.objects.create(
                convention=draft, kind=AnnexKind.FILE, title="Règlement", position=2, sha256="a" * 64,
                filename="reglement.pdf", size=3,
            )  # fmt: skip
        row = renew(cast, draft)
        with cast.acting("gestionnaire"):
            made = Convention.objects.get(uuid=row.uuid)
            assert list(made.annexes.values_list("title", flat=True)) == ["Financement", "Règlement"]

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"period_end": dt.date(YEAR, 11, 30)}, "renouvelez-la depuis"),
            ({"closed": dt.date(YEAR, 6, 30)}, "est fermé depuis"),
            ({"copy_plans": False}, "Reconduire les plans manquants"),
        ],
    )
    def test_what_cannot_be_renewed_says_what_to_do_and_writes_nothing(self, cast, draft, change, words):
        with cast.acting("gestionnaire"):
            if "period_end" in change:
                draft.period_end = change["period_end"]
                draft.save()
            if "closed" in change:
                cast.post["e"].closed_on = change["closed"]
                cast.post["e"].save()
        row = renew(cast, draft, copy_plans=change.get("copy_plans", True))
        assert row.state == "refused"
        assert words in row.problems[0]["message"]
        with cast.acting("gestionnaire"):
            assert not Convention.objects.filter(previous=draft).exists()
            assert not FundingPlan.objects.filter(year=NEXT).exists()


def services_copy(cast: Cast, by) -> FundingPlan:
    from funding.services.plans import copy_plan_to_year

    return copy_plan_to_year(plan=cast.plan["e"], year=NEXT, by=by)


class TestPage:
    def test_lists_last_year_s_conventions_in_a_constant_number_of_queries(self, cast, draft, staff):
        url = f"{reverse('conventions-renew')}?annee={NEXT}"
        with CaptureQueriesContext(connection) as two:
            page = staff.get(url)
        assert [row.convention.reference for row in page.context["rows"]] == [draft.reference, "62-C"]
        with cast.acting("gestionnaire"):
            for number in (1, 2):
                Convention.objects.create(
                    territory=draft.territory, reference=f"62-X{number}", title="X", family="F2",
                    period_start=draft.period_start, period_end=draft.period_end,
                )  # fmt: skip
        with CaptureQueriesContext(connection) as four:
            staff.get(url)
        assert len(two) == len(four)

    def test_choosing_nothing_is_said(self, staff, draft):
        response = staff.post(reverse("conventions-renew"), {"annee": NEXT})
        assert response.status_code == 422
        assert "Choisissez au moins une convention" in text(response)

    def test_a_followed_work_then_what_changed_then_submission(self, cast, draft, staff, jobs: Jobs):
        sent = staff.post(
            reverse("conventions-renew"),
            {"annee": NEXT, "conventions": [draft.uuid, cast.convention["c"].uuid], "copy_plans": "on"},
        )
        with cast.acting("gestionnaire"):
            job = Job.objects.get(kind="conventions.renew")
        assert sent.url == job.get_absolute_url()
        jobs.run()
        with cast.acting("gestionnaire"):
            job.refresh_from_db()
        assert (job.state, job.message) == (JobState.DONE, "2 conventions préparées."), job.message
        url = job.result["url"]
        page = staff.get(url)
        assert page.status_code == 200
        assert "Prête à soumettre" in text(page)
        assert "Rien d’autre que l’année ne change." in text(page)
        with CaptureQueriesContext(connection) as queries:
            staff.get(url)
        made = next(row.made for row in page.context["found"].rows if row.reference == draft.reference)
        sent = staff.post(reverse("conventions-submit"), {"travail": job.uuid, "conventions": [made.uuid]})
        assert sent.status_code == 302
        jobs.run()
        with cast.acting("gestionnaire"):
            made.refresh_from_db()
            assert made.status == Status.SOUMISE
            submission = Job.objects.get(kind="conventions.submit")
        assert submission.message == "1 convention soumise."
        assert len(queries) < 30
        # Done again, the page offers no longer what was submitted.
        assert str(made.uuid) not in {
            str(row.made.uuid) for row in staff.get(url).context["found"].rows if row.submittable
        }

    def test_the_work_takes_up_where_it_was_killed_and_creates_nothing_twice(
        self, cast, draft, staff, jobs: Jobs, monkeypatch
    ):
        both = [draft.uuid, cast.convention["c"].uuid]
        staff.post(reverse("conventions-renew"), {"annee": NEXT, "conventions": both, "copy_plans": "on"})
        kept = Work.remember

        def killed(work: Work, **checkpoint):
            kept(work, **checkpoint)
            if len(checkpoint["rows"]) == 2:
                raise RuntimeError("killed")

        monkeypatch.setattr(Work, "remember", killed)
        with pytest.raises(RuntimeError):
            jobs.run()
        monkeypatch.setattr(Work, "remember", kept)
        with cast.acting("gestionnaire"):
            job = Job.objects.get(kind="conventions.renew")
            assert len(job.checkpoint["rows"]) == 1
            assert Convention.objects.filter(previous__uuid__in=both).count() == 1
        staff.post(reverse("job-resume", args=[job.uuid]))
        jobs.run()
        with cast.acting("gestionnaire"):
            job.refresh_from_db()
            assert (job.state, len(job.result["rows"])) == (JobState.DONE, 2)
            assert Convention.objects.filter(previous__uuid__in=both).count() == 2

    def test_only_one_s_own_results_are_shown(self, cast, staff, draft):
        empty = staff.get(reverse("conventions-renewed"))
        assert "Aucun renouvellement pour l’instant" in text(empty)
        assert staff.get(reverse("conventions-renewed"), {"travail": "autre"}).status_code == 404
        assert staff.get(reverse("conventions-renewed"), {"travail": draft.uuid}).status_code == 404
        assert cast.client("instructeur").get(reverse("conventions-renew")).status_code == 403
