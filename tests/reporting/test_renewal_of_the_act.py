"""Nine conventions of the published act (2023) carried on into 2024 in one go."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from conventions.enums import Status
from conventions.models import Convention
from conventions.services import Renewed, renew_into, save_clause
from conventions.services.models_library import load_shipped_models
from core import rls
from funding.models import FundingPlan
from parties.actors import Actor
from parties.models import Mandate, Territory
from reporting.dossier.territory import import_file

pytestmark = pytest.mark.django_db

DOSSIER = Path(settings.BASE_DIR) / "fixtures" / "demo" / "pas-de-calais-2023.json"
NINE = ["62-A08", "62-A09", "62-A10", "62-A11", "62-A12", "62-A14", "62-A15", "62-A16", "62-A17"]


@pytest.fixture
def act(db) -> Territory:
    load_shipped_models()
    import_file(DOSSIER.read_bytes())
    return Territory.objects.get(code="62")


def run(*args: str) -> str:
    out = io.StringIO()
    call_command("renew_conventions", "--territory", "62", *args, stdout=out)
    return out.getvalue()


def test_nine_conventions_are_renewed_once_whatever_the_number_of_runs(act: Territory):
    by = Actor.system(act)
    with rls.acting(by.context):
        coming = new_president("cc-sud-artois")
        # Its text names a software nobody gave: carried over, it cannot be complete, and the row says where.
        save_clause(
            convention=Convention.objects.get(reference="62-A09"), kind="litiges", title="Litiges",
            text="Voir {{ software.name }}.", by=by,
        )  # fmt: skip
        rows = renew_all(by)
        assert all(row.made for row in rows.values()), {r: row.problems for r, row in rows.items() if not row.made}
        made = Convention.objects.filter(previous__reference__in=NINE)
        assert made.count() == 9
        assert FundingPlan.objects.filter(year=2024).count() == 9
        assert {(c.period_start, c.period_end) for c in made} == {(dt.date(2024, 1, 1), dt.date(2024, 12, 31))}
        assert {c.status for c in made} == {Status.BROUILLON}
        assert made.get(previous__reference="62-A14").variables["payment_deadline"] == "2024-07-31"
        for reference, row in rows.items():
            # The same bodies are bound, and the same sums asked for: the plans are those of the year before.
            assert bound(row.uuid) == bound(str(Convention.objects.get(reference=reference).uuid))
            assert not [change for change in row.changes if change["kind"] == "figures"]
        [signatory] = [change for change in rows["62-A12"].changes if change["kind"] == "signataires"]
        assert signatory["after"].startswith(coming.person)
        assert (rows["62-A12"].state, rows["62-A08"].state) == ("changed", "ready")
        assert rows["62-A09"].state == "problem"
        assert "software.name" in rows["62-A09"].problems[0]["message"]
        again = renew_all(by)
        assert not any(row.made for row in again.values())
        assert {r: row.reference for r, row in again.items()} == {r: row.reference for r, row in rows.items()}
        assert Convention.objects.filter(previous__isnull=False).count() == 9


def renew_all(by: Actor) -> dict[str, Renewed]:
    return {
        reference: renew_into(
            convention=Convention.objects.get(reference=reference), to_year=2024, copy_plans=True, by=by
        )
        for reference in NINE
    }


def bound(uuid: str) -> list[str]:
    return list(Convention.objects.get(uuid=uuid).parties.values_list("organisation__key", flat=True))


def new_president(key: str) -> Mandate:
    """The one in office leaves with 2023; another begins on the first day of 2024."""
    leaving = Mandate.objects.filter(organisation__key=key).order_by("pk").first()
    assert leaving is not None
    leaving.end = dt.date(2023, 12, 31)
    leaving.save()
    return Mandate.objects.create(
        organisation=leaving.organisation, key="arrivant", person="Dominique Durand", function=leaving.function,
        capacity=leaving.capacity, start=dt.date(2024, 1, 1),
    )  # fmt: skip


def test_the_command_tells_first_then_does_and_says_what_to_do_of_the_others(act: Territory):
    told = run("--from-year", "2023", "--to-year", "2024", "--reference", "62-A08", "--dry-run")
    assert "62-A08 → 62-2024-01 : Prête à soumettre" in told
    assert "rien écrit" in told
    by = Actor.system(act)
    with rls.acting(by.context):
        assert not Convention.objects.filter(previous__isnull=False).exists()
    assert "1 convention préparée." in run("--from-year", "2023", "--to-year", "2024", "--reference", "62-A08")
    assert "(déjà faite)" in run("--from-year", "2023", "--to-year", "2024", "--reference", "62-A08")
    with pytest.raises(SystemExit) as stopped:
        run("--from-year", "2023", "--to-year", "2024", "--reference", "62-A05")
    assert stopped.value.code == 1
    with pytest.raises(CommandError, match="--from-year plus un"):
        run("--from-year", "2023", "--to-year", "2025")
    with pytest.raises(CommandError, match="62-INCONNUE"):
        run("--from-year", "2023", "--to-year", "2024", "--reference", "62-INCONNUE")
