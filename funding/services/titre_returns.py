"""Taking in what the finance software gives back: all of it or nothing, once, with a trace of the file."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.db import transaction

from core.errors import BusinessError, InvalidInput
from core.french import plural
from funding.exports.pes.entries import sender_of
from funding.models import ReturnFile, ReturnImport, Titre
from funding.returns import matching, pes
from funding.services.titre_receipts import record_receipt
from funding.services.titres import check_issuer, lock, record_issue
from funding.titre_returns import Change, Comparison, Notice, Problem, ReturnRow, compare
from parties.actors import Actor
from parties.models import Organisation
from posts.reading import read_table

LARGEST_FILE = 20 * 1024 * 1024  # bytes
MOST_ROWS = 50_000
#: ``source`` of the XML files of the accountant, which have no column to choose.
PES = "pes"


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
    notices: Sequence[Notice] = (),
) -> ReturnImport:
    """Record the numbers, dates and receipts of ``rows`` on ``issuer``'s titres: all or nothing.

    ``source``: "csv", "xlsx", "pes", "api"… (8 characters at most). Rows matching no titre are counted in the trace,
    never guessed; ``notices`` are kept in it too. Idempotent: the same rows again change nothing. Amounts in euros.
    Raises :class:`ReturnRefused` naming every line in error.
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
        + [
            {"entry_id": row.entry_id or row.number, "line": row.line, "texts": [row.why] if row.why else []}
            for row in found.unmatched
        ]
        + [
            {"entry_id": notice.place, "line": notice.line, "texts": [notice.what]}
            for notice in (*notices, *found.notices)
        ],
        by=by.user,
        by_label=by.label,
    )
    for change in found.changes:
        _apply(change, trace, by)
    return trace


@transaction.atomic
def apply_pes_return(*, file: ReturnFile, by: Actor) -> ReturnImport:
    """:func:`apply_return` for a kept PES_ACQUIT or PES Retour, its lines matched again under the issuer's lock."""
    by.require("titre.export")
    lock(f"issuer:{file.issuer_id}")
    resolved = matching.resolve(pes.lines_of(file.rows), file.numbers, file.issuer)
    return apply_return(
        resolved.rows,
        issuer=file.issuer,
        by=by,
        source=file.source,
        filename=file.filename,
        sha256=file.sha256,
        file=file,
        notices=resolved.notices,
    )


def compare_pes(file: ReturnFile) -> Comparison:
    """What a kept PES return would change, and what it asks of a person. Reads only, a constant number of queries."""
    resolved = matching.resolve(pes.lines_of(file.rows), file.numbers, file.issuer)
    found = compare(resolved.rows, file.issuer)
    found.notices = sorted([*resolved.notices, *found.notices], key=lambda notice: notice.line)
    return found


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
    """Read a CSV, XLSX or PES file given back and keep it as it was read, to be looked at before it is applied.

    The same file twice is one row. Raises :class:`InvalidInput` when it cannot be read, holds nothing, or (PES) is
    about another budget than the issuer's.
    """
    by.require("titre.export")
    check_issuer(issuer, by)
    digest = hashlib.sha256(content).hexdigest()
    known = ReturnFile.objects.filter(issuer=issuer, sha256=digest).first()
    if known is not None:
        return known
    if filename.lower().endswith(".xml"):
        read = pes.read_pes(content)
        _check_budget(read, issuer)
        source, headers, rows, numbers = PES, list(pes.HEADERS), read.rows, read.numbers
    else:
        table = read_table(filename=filename, content=content, largest=LARGEST_FILE, most_rows=MOST_ROWS)
        if not table.rows:
            raise InvalidInput("Ce fichier ne contient aucune ligne : choisissez celui de votre logiciel financier.")
        source, headers = filename.rpartition(".")[2].lower()[:8], list(table.headers)
        rows, numbers = [list(row) for row in table.rows], list(table.lines)
    return ReturnFile.objects.create(
        issuer=issuer,
        filename=filename[:160],
        sha256=digest,
        source=source,
        headers=headers,
        rows=rows,
        numbers=numbers,
        by=by.user,
        by_label=by.label,
    )


def _check_budget(read: pes.PesReturn, issuer: Organisation) -> None:
    """Numbers are those of one budget: another's file would name other titres."""
    sender = sender_of(issuer)
    told = (("SIRET", read.siret, sender.siret), ("budget", read.budget, sender.budget))
    for name, theirs, ours in told:
        if theirs and ours and theirs != ours:
            raise InvalidInput(
                f"Ce fichier concerne le {name} {theirs[:20]}, et votre organisation envoie avec le {name} {ours} : "
                "choisissez le retour de votre budget, ou corrigez les paramètres financiers de votre organisation."
            )


__all__ = ["PES", "ReturnRefused", "ReturnRow", "apply_pes_return", "apply_return", "compare_pes", "keep_return"]
