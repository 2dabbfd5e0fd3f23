"""Long works of this app: files of thousands of plan rows."""

from __future__ import annotations

from django.urls import reverse

from funding.plan_sheets.importing import apply, problems_file, review, table_of
from funding.plan_sheets.shown import summary
from parties.jobs import Work, keep_file, runner


@runner("plans.check")
def check_plans(work: Work) -> None:
    """Read the file against the plans and keep what it would change. Writes no plan, so it can be done again."""
    with work.acting():
        table = table_of(filename=work.params["filename"], content=work.source())
        found = review(table=table, by=work.actor, progress=work.progress)
        file = keep_file(content=problems_file(found.problems), by=work.actor, suffix=".csv") if found.problems else ""
        work.finish(
            url=f"{reverse('plans-import')}?travail={work.job.uuid}",
            label="Voir l'aperçu",
            message=f"{len(found.problems)} erreurs" if found.problems else "Aucune erreur",
            file=file,
            filename="erreurs.csv",
            **summary(found),
        )


@runner("plans.import")
def import_plans(work: Work) -> None:
    """Write the file agreed to, all of it, with the end of the work itself, in one transaction."""
    with work.acting():
        table = table_of(filename=work.params["filename"], content=work.source())
        done = apply(table=table, by=work.actor, expected=work.params["digest"], progress=work.progress)
        words = f"{len(done.added)} plans créés, {len(done.changed)} modifiés, {len(done.unchanged)} inchangés."
        work.finish(url=reverse("plans"), label="Voir les plans", message=words)
