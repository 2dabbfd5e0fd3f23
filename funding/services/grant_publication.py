"""Noting that the essential data of grants were put online."""

from __future__ import annotations

import hashlib

from django.db import transaction
from django.utils import timezone

from funding import grant_workflow
from funding.grant_opendata import publications, write_csv
from funding.services.grants import lock_grant
from parties.actors import Actor


@transaction.atomic
def publish_grants(*, by: Actor) -> int:
    """Every complete line not yet published is noted as published today, with the file's SHA-256 in its log.

    A financer notes its own grants, the managers all of them. Run again, it finds nothing more. Returns how many.
    """
    by.require("grant.pay")
    found = publications(by)
    complete = [each for each in found if each.is_ready]
    digest = hashlib.sha256(write_csv(each.row for each in complete)).hexdigest()
    today = timezone.localdate()
    done = 0
    for each in complete:
        locked = lock_grant(each.grant)
        if locked.published_on is None:
            grant_workflow.advance(locked, act="publier", by=by, reason=f"SHA-256 {digest}", published_on=today)
            done += 1
    return done
