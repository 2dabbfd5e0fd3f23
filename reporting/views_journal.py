"""The journal of a territory, and of one object: page and spreadsheet."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core import sheets
from core.french import plural
from core.money import number_fr
from parties.access import ActorRequest, ability_required
from parties.models import JournalEntry
from reporting.journal.present import COLUMNS, lines_of, sheet_rows
from reporting.journal.select import JournalFilter, Subject, selected, subject_of

PAGE = 50
#: Entries in one spreadsheet: built within the request, so bounded.
MOST_EXPORTED = 10_000


@require_safe
@ability_required("journal.view")
def journal(request: ActorRequest) -> HttpResponse:
    form, subject, entries = asked(request)
    page = Paginator(entries, PAGE).get_page(request.GET.get("page"))
    count = page.paginator.count
    context: dict[str, Any] = {
        "page_obj": page,
        "lines": lines_of(list(page.object_list)),
        "count": f"{number_fr(count, 0)} {plural(count, 'écriture')}",
        "filter_form": form,
        "subject": subject,
        "query": request.GET.urlencode(),
    }
    return render(request, "reporting/journal.html", context)


@require_safe
@ability_required("journal.view")
def export(request: ActorRequest, file_format: str) -> HttpResponse:
    if file_format not in sheets.MEDIA_TYPES:
        raise Http404("Formats disponibles : xlsx et csv.")
    _, _, entries = asked(request)
    if entries.count() > MOST_EXPORTED:
        messages.error(
            request,
            f"Un export compte au plus {number_fr(MOST_EXPORTED, 0)} écritures : réduisez la période ou choisissez"
            " un objet, puis exportez à nouveau.",
        )
        return redirect(f"{reverse('journal')}?{request.GET.urlencode()}")
    rows = sheets.values(COLUMNS, sheet_rows(lines_of(list(entries))))
    content = sheets.write_sheet(file_format, COLUMNS, rows, title="Journal", created=timezone.now())
    headers = {"Content-Disposition": f'attachment; filename="journal-{request.actor.territory.code}.{file_format}"'}
    return HttpResponse(content, content_type=sheets.MEDIA_TYPES[file_format], headers=headers)


def asked(request: ActorRequest) -> tuple[JournalFilter, Subject | None, QuerySet[JournalEntry]]:
    """What the address asks for; 404 for an object that is unknown here."""
    form = JournalFilter(request.GET)
    try:
        subject = subject_of(request.GET, request.actor)
    except LookupError as error:
        raise Http404("Cet objet n'est pas dans le journal de votre territoire.") from error
    return form, subject, selected(form, request.GET.get("q", ""), subject, request.actor)
