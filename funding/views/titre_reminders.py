"""Titres issued and not received: ageing by debtor, the list to remind of, its files."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core import sheets
from core.sheets import Kind, SheetColumn
from funding import titre_ageing
from funding.views.titres import actor_of, sheet, titre_tabs, to_issue
from parties.access import ability_required

COLUMNS = (
    SheetColumn("Débiteur", lambda u: u.titre.debtor.name, width=32),
    SheetColumn("SIRET ou SIREN", lambda u: u.titre.debtor.siret or u.titre.debtor.siren, width=16),
    SheetColumn("Émetteur", lambda u: u.titre.issuer.name, width=32),
    SheetColumn("Exercice", lambda u: u.titre.year, Kind.NUMBER, 9),
    SheetColumn("N° de titre", lambda u: u.titre.number),
    SheetColumn("Convention", lambda u: u.titre.reference),
    SheetColumn("Émis le", lambda u: u.titre.issued_on, Kind.DATE),
    SheetColumn("Jours", lambda u: u.days, Kind.NUMBER, 8),
    SheetColumn("Ancienneté", lambda u: u.bucket_label, width=18),
    SheetColumn("Montant (euros)", lambda u: u.titre.amount, Kind.AMOUNT),
    SheetColumn("Corrigé (euros)", lambda u: u.titre.corrected, Kind.AMOUNT),
    SheetColumn("Encaissé (euros)", lambda u: u.titre.received, Kind.AMOUNT),
    SheetColumn("Reste (euros)", lambda u: u.left, Kind.AMOUNT),
    SheetColumn("Prescription le", lambda u: u.barred_on, Kind.DATE),
    SheetColumn("Écriture", lambda u: u.titre.entry_id, width=40),
)


@require_safe
@ability_required("titre.propose")
def reminders(request: HttpRequest) -> HttpResponse:
    actor, today = actor_of(request), timezone.localdate()
    found = titre_ageing.ReminderFilter(request.GET, queryset=to_issue(actor).unpaid())
    rows = found.qs if found.form.is_valid() else to_issue(actor).none()
    rows = titre_ageing.sorted_by(rows.with_balance(), request.GET.get("tri", "")).for_list()
    lines = titre_ageing.lines_of(rows, today)
    if request.GET.get("format") in sheets.MEDIA_TYPES:
        return sheet(COLUMNS, lines, request.GET["format"], "relances")
    by_debtor, total = titre_ageing.balances(lines)
    context = {
        "filter": found,
        "lines": lines,
        "balances": by_debtor,
        "total": total,
        "headings": [label for _key, label, *_ in titre_ageing.BUCKETS],
        "count": f"{len(lines)} titre{'s' if len(lines) > 1 else ''}",
        "filtered": any(request.GET.get(name) for name in found.filters),
        "all_issuers": actor.is_staff,
        "tabs": titre_tabs(actor, "titre-reminders"),
    }
    return render(request, "funding/titre_reminders.html", context)
