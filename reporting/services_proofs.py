"""Asking for an audit bundle: a work, since a convention with years of titres takes its time."""

from __future__ import annotations

from django.db import transaction

from conventions.models import Convention
from parties.actors import Actor
from parties.jobs import Work, keep_file, runner, start_job
from parties.models import Job
from reporting.audit import build_bundle

PROOFS = "documents.proofs"


@transaction.atomic
def start_proofs(*, convention: Convention, by: Actor) -> Job:
    """Have the bundle of what ``by`` may see made. Raises :class:`NotAllowed`."""
    by.require("document.collect")
    label = f"Dossier de preuves de la convention {convention.reference}"
    return start_job(kind=PROOFS, label=label, params={"convention": convention.pk}, by=by)


@runner(PROOFS)
def collect(work: Work) -> None:
    """Reads only, but for the file itself: can be done again."""
    with work.acting():
        work.actor.require("document.collect")
        convention = Convention.objects.select_related("territory").get(pk=work.params["convention"])
        made = build_bundle(convention=convention, by=work.actor, progress=work.progress)
        file = keep_file(content=made.data, by=work.actor, suffix=".zip")
        words = f"{len(made.paths)} fichiers." + "".join(f" Manque : {missing}." for missing in made.missing)
        work.finish(message=words, label="Télécharger le dossier", file=file, filename=made.filename)
