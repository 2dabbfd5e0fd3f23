"""Puts a table under the journal: a migration operation, as :mod:`core.rls` does for isolation.

The trigger function and the journal's own tables belong to the app that knows territories; this floor only attaches.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import migrations

#: The same trigger on each table; its arguments say what is particular to it.
FUNCTION = "cosigne_journal"


def journalled(
    table: str,
    *,
    root: str = "",
    column: str = "",
    ignored: Iterable[str] = (),
    masked: Iterable[str] = (),
) -> list:
    """Every insertion, change and deletion in ``table`` is written to the journal.

    ``root`` is the table of the object whose page tells the change, and ``column`` the foreign key to it (both empty:
    the row itself). ``ignored`` columns are not followed: what is computed from others, what changes by itself.
    ``masked`` columns are followed without their value: secrets.
    """
    arguments = ", ".join(f"'{text}'" for text in (root, column, ",".join(ignored), ",".join(masked)))
    sql = (
        f"CREATE TRIGGER {table}_journal AFTER INSERT OR UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {FUNCTION}({arguments});"
    )
    return [migrations.RunSQL(sql, f"DROP TRIGGER {table}_journal ON {table};")]
