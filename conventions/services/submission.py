"""Several conventions handed to the préfecture at once."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from conventions.enums import Status
from conventions.models import Convention
from conventions.services.review import submit_convention
from core.errors import BusinessError, InvalidInput
from parties.actors import Actor
from parties.jobs import start_job
from parties.models import Job

SUBMISSIONS = "conventions.submit"


def start_submissions(*, conventions: Sequence[Convention], by: Actor) -> Job:
    """Ask for the submission of ``conventions``, followed in « Mes travaux »."""
    by.require("convention.submit")
    if not conventions:
        raise InvalidInput("Choisissez au moins une convention à soumettre.", place="conventions")
    count = len(conventions)
    label = f"Soumettre {count} convention{'s' if count > 1 else ''}"
    return start_job(kind=SUBMISSIONS, label=label, params={"conventions": [c.pk for c in conventions]}, by=by)


def submit_or_say_why(*, convention: Convention, by: Actor) -> str:
    """Submit one convention; the reason when it cannot be. Nothing when it was submitted already."""
    convention.refresh_from_db()
    if convention.status == Status.SOUMISE:
        return ""
    try:
        with transaction.atomic():
            submit_convention(convention=convention, by=by)
    except BusinessError as error:
        return error.message
    return ""
