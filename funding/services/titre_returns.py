"""Taking in what the finance software gives back: all of it or nothing, once, with a trace of the file."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.db import transaction

from core.errors import BusinessError, InvalidInput
from core.french import plural
from funding.models import ReturnFile, ReturnImport, Titre
from funding.services.titre_receipts import record_receipt
from funding.services.titres import check_issuer, lock, record_issue
from funding.titre_returns import Change, Comparison, Problem, ReturnRow, compare
from parties.actors import Actor
from parties.models import Organisation
from posts.reading import read_table

LARGEST_FILE = 20 * 1024 * 1024  # bytes
MOST_ROWS = 50_000


class ReturnRefused(BusinessError):
    """The return holds errors: nothing was applied. ``problems`` are all of them, by line."""

    status = 400

    def __init__(self, problems: list[Problem]) -> None:
        more = len(problems) - 1
        others = f" Et {more} {plural(more, 'autre erreur', 'autres erreurs')}." if more else ""
        super().__init__(f"{problems[0]}{others} Rien n'a été enregistré.")
        self.problems = problems


@transaction.atomic
def apply_return(
    rows: Sequence[ReturnRow],
    *,
    issuer: Organisation,
    by: Actor,
    source: str,
    filename: str = "",
    sha256: str = "",
    file: ReturnFile | None = None,
) -> ReturnImport:
    """Record the numbers, dates and receipts of ``rows`` on ``issuer``'s titres: all or nothing.

    ``source``: "csv", "xlsx", "pes", "api"… (8 characters at most). Rows matching no titre are counted in the trace,
    never guessed. Idempotent: the same rows again change nothing. Amounts in euros. Raises :class:`ReturnRefused`
    naming every line in error.
    """
    by.require("titre.export")
    check_issuer(issuer, by)
    lock(f"issuer:{issuer.pk}")
    # The rows are held while they are compared: two returns at once are applied one after the other.
    held = Titre.objects.issued_by(issuer).filter(entry_id__in={row.entry_id for row in rows}).order_by("pk")
    list(held.select_for_update(of=("self",)).values_list("pk"))
    found: Comparison = compare(rows, issuer)
    if found.problems:
        raise ReturnRefused(found.problems)
    trace = ReturnImport.objects.create(
        issuer=issuer,
        file=file,
        source=source,
        filename=filename[:160],
        sha256=sha256,
        changed=len(found.changes),
        unchanged=len({row.entry_id for row in found.unchanged}),
        unmatched=len(found.unmatched),
        changes=[
            {"entry_id": change.titre.entry_id, "line": change.line, "texts": change.texts} for change in found.changes
        ]
        + [{"entry_id": row.entry_id or row.number, "line": row.line, "texts": []} for row in found.unmatched],
        by=by.user,
        by_label=by.label,
    )
    for change in found.changes:
        _apply(change, trace, by)
    return trace


def _apply(change: Change, trace: ReturnImport, by: Actor) -> None:
    try:
        if change.issues and change.issued_on:
            record_issue(
                titre=change.titre,
                number=change.number,
                slip_number=change.slip_number,
                issued_on=change.issued_on,
                by=by,
            )
        for amount, day, reference in change.payments:
            record_receipt(titre=change.titre, amount=amount, received_on=day, reference=reference, by=by, source=trace)
    except BusinessError as error:
        raise ReturnRefused([Problem(change.line, error.place, error.message)]) from error


@transaction.atomic
def keep_return(*, issuer: Organisation, filename: str, content: bytes, by: Actor) -> ReturnFile:
    """Read a CSV or XLSX file given back and keep it as it was read, to be looked at before it is applied.

    The same file twice is one row. Raises :class:`InvalidInput` when it cannot be read or holds nothing.
    """
    by.require("titre.export")
    check_issuer(issuer, by)
    digest = hashlib.sha256(content).hexdigest()
    known = ReturnFile.objects.filter(issuer=issuer, sha256=digest).first()
    if known is not None:
        return known
    table = read_table(filename=filename, content=content, largest=LARGEST_FILE, most_rows=MOST_ROWS)
    if not table.rows:
        raise InvalidInput("Ce fichier ne contient aucune ligne : choisissez celui de votre logiciel financier.")
    return ReturnFile.objects.create(
        issuer=issuer,
        filename=filename[:160],
        sha256=digest,
        source=filename.rpartition(".")[2].lower()[:8],
        headers=list(table.headers),
        rows=[list(row) for row in table.rows],
        numbers=list(table.lines),
        by=by.user,
        by_label=by.label,
    )


__all__ = ["ReturnRefused", "ReturnRow", "apply_return", "keep_return"]
