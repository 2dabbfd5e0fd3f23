"""The verdict computed at submission: what a text changes against the model and last year's, figures apart."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, transaction

from conventions import services
from conventions.models import Convention, ReviewSheet
from conventions.redline import Wording
from conventions.verdict import Verdict, last_sheet, obstacle_to_batch, same_but_figures
from funding.services.plans import copy_plan_to_year
from tests.cast import YEAR, Cast
from tests.conventions.pages import in_signature, submitted
from tests.conventions.test_review import edit_clause

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("before", "after", "same"), [
    ("verse 17 500,00 € au 31 mars 2023", "verse 18 250,50 € au 30 juin 2024", True),
    ("soit dix-sept mille cinq cents euros", "soit dix-huit mille deux cent cinquante euros", True),
    ("pour trois mois", "pour six mois", True),
    ("verse 17 500,00 €", "rembourse 17 500,00 €", False),
    ("le 1er janvier 2023", "à compter du 1er janvier 2024", False),
    ("un préavis de trois mois", "un préavis de trois semaines", False),
])  # fmt: skip
def test_figures_and_dates_apart_a_wording_is_the_same_or_not(before, after, same):
    assert same_but_figures(Wording("Titre", before), Wording("Titre", after)) is same


def renewed(cast: Cast) -> Convention:
    """Next year's convention, of one already signed."""
    convention = in_signature(cast)
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        for signatory in convention.signatories.all():
            services.record_signature(convention=convention, signatory=signatory, signed_on=dt.date(YEAR, 2, 1), by=by)
        plan = copy_plan_to_year(plan=cast.plan["e"], year=YEAR + 1, by=by)
        return services.renew_convention(
            convention=convention, reference="62-SUITE", plans=[plan], period_start=dt.date(YEAR + 1, 1, 1),
            period_end=dt.date(YEAR + 1, 12, 31), by=by,
        )  # fmt: skip


def test_the_sheet_says_what_a_submission_changes_and_is_never_rewritten(cast: Cast):
    convention = submitted(cast)
    with cast.acting("instructeur"):
        sheet = last_sheet(convention)
        assert sheet is not None
        assert Verdict(sheet.verdict).words == ["Identique au modèle"]
        assert Verdict(sheet.verdict).changes_nothing
    with cast.acting("gestionnaire"), pytest.raises(DatabaseError, match="ne se modifie pas"), transaction.atomic():
        ReviewSheet.objects.filter(pk=sheet.pk).update(sha256="f" * 64)


def test_a_reworded_clause_is_counted_against_the_model_and_last_year(cast: Cast):
    convention = renewed(cast)
    with cast.acting("gestionnaire"):
        edit_clause(cast, convention, "litiges")
        services.submit_convention(convention=convention, by=cast.actor("gestionnaire"))
        verdict = Verdict(last_sheet(convention).verdict)
    assert verdict.data["model"] == 1
    assert verdict.data["former"] >= 1
    assert verdict.data["former_reference"] == "62-NEUVE"
    assert not verdict.changes_nothing
    with cast.acting("instructeur"):
        assert "à relire" in obstacle_to_batch(convention)


def test_a_renewal_that_follows_the_same_model_needs_no_reading(cast: Cast):
    convention = renewed(cast)
    with cast.acting("gestionnaire"):
        convention = services.submit_convention(convention=convention, by=cast.actor("gestionnaire"))
        verdict = Verdict(last_sheet(convention).verdict)
    assert verdict.data["former"] > 0, "a renewal is not worded as a first convention, and its vote is still to come"
    assert (verdict.data["model"], verdict.data["same_model"]) == (0, True)
    assert "Modèle suivi les deux fois" in verdict.words
    with cast.acting("instructeur"):
        assert obstacle_to_batch(convention) == ""


def test_a_wording_of_last_year_s_own_that_is_gone_is_to_be_read(cast: Cast):
    convention = renewed(cast)
    with cast.acting("gestionnaire"):
        # As if last year's text had been negotiated and this year's went back to the model.
        convention.previous.clauses.create(kind="litiges", edited_text="Autre chose.")
        convention = services.submit_convention(convention=convention, by=cast.actor("gestionnaire"))
    with cast.acting("instructeur"):
        assert "à relire" in obstacle_to_batch(convention)


def test_what_moved_since_the_verdict_is_not_approved_unseen(cast: Cast):
    convention = submitted(cast)
    with cast.acting("instructeur"):
        assert obstacle_to_batch(convention) == ""
    with cast.acting("gestionnaire"):
        cast.mandate["epci_a"].person = "Camille Nouvelle"
        cast.mandate["epci_a"].save()
    with cast.acting("instructeur"):
        assert "ont changé depuis sa soumission" in obstacle_to_batch(convention)
