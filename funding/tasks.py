"""Long works of this app: files of thousands of plan rows, exports of thousands of titres."""

from __future__ import annotations

from django.urls import reverse

from core.french import plural
from core.money import euros
from funding.plan_sheets.importing import apply, problems_file, review, table_of
from funding.plan_sheets.shown import summary
from funding.services.titre_checks import verify_titres
from funding.services.titre_exports import export_titres
from funding.services.titre_jobs import EXPORT
from parties.jobs import Work, keep_file, runner
from parties.models import Organisation


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


@runner(EXPORT)
def export(work: Work) -> None:
    """One complete batch, or none: the file, the titres' states and the end of the work are one transaction.

    A process killed before it ends leaves nothing but a file no batch names; started over, it makes the batch, once.
    """
    year = work.params["year"]

    def tell(done: int, total: int, message: str) -> None:
        # Two passes over the same titres: each is half of the way.
        work.progress(done, total * 2, message)

    with work.acting():
        issuer = Organisation.objects.get(pk=work.params["issuer"])
        checked = verify_titres(
            issuer=issuer, year=year, by=work.actor, progress=lambda done, total: tell(done, total, "Vérification")
        )
    with work.acting():
        batch = export_titres(
            issuer=issuer,
            year=year,
            file_format=work.params["format"],
            by=work.actor,
            progress=lambda done, total: tell(total + done, total, "Écriture du fichier"),
            checked=checked,
        )
        lines = f"{batch.count} {plural(batch.count, 'titre exporté', 'titres exportés')}"
        work.finish(
            url=batch.get_absolute_url(),
            label=f"Voir le lot n° {batch.number}",
            message=f"{lines} pour {euros(batch.total)}.",
            batch=str(batch.uuid),
        )
