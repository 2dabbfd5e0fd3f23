"""System checks run by `manage.py check --database default` and by `migrate`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections


@register(Tags.database)
def runtime_role_is_confined(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Row-level security protects nothing from a superuser, a BYPASSRLS role or the owner of the tables."""
    if "default" not in (databases or ()):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user),
                   EXISTS (SELECT 1 FROM pg_tables WHERE tableowner = current_user AND schemaname = 'public')
            """
        )
        bypasses, owns = cursor.fetchone()
    if not (bypasses or owns):
        return []
    reason = "can bypass row-level security" if bypasses else "owns the tables"
    return [
        Warning(
            f"The database role of the running application {reason}: PostgreSQL no longer keeps territories apart.",
            hint="Set DATABASE_URL to a plain role and DATABASE_OWNER_URL to the owner (see docs/operations.md).",
            id="cosigne.W001",
        )
    ]


@register()
def seal_can_be_used(**kwargs: Any) -> list[CheckMessage]:
    """A wrong certificate is learnt when the site starts, not the day somebody signs."""
    from reporting.seal import keys

    return [
        Error(problem, hint="See docs/operations.md, « Cachet et horodatage ».", id="cosigne.E010")
        for problem in keys.problems()
    ]
