"""Closed lists of activity, on the platform: what each holds and held, and how it changes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import BusinessError
from parties.access import PlatformRequest, platform_required
from parties.enums import PlatformAct
from parties.models import PlatformEvent
from posts.forms import DayInput, show_error
from posts.indicators import FIXED_LISTS, INDICATORS, LISTS, is_kept
from posts.models import ListItem
from posts.services.lists import add_item, close_item, reword_item

EVENTS = 20
REQUIRED = {"required": "Indiquez un jour.", "invalid": "Indiquez un jour, par exemple 01/01/2027."}


class WordsForm(forms.Form):
    """A line's words, and the day they are used from."""

    label = forms.CharField(label="Libellé", max_length=120, error_messages={"required": "Écrivez le libellé."})
    since = forms.DateField(
        label="À partir du",
        widget=DayInput,
        help_text="Compte pour les mois qui commencent ce jour-là ou après.",
        error_messages=REQUIRED,
    )


class ClosingForm(forms.Form):
    until = forms.DateField(
        label="Dernier jour",
        widget=DayInput,
        help_text="Les mois qui commencent après ne la proposent plus ; ce qui est compté reste.",
        error_messages=REQUIRED,
    )


@dataclass(frozen=True)
class Line:
    """One code of a list: its wording of today or to come, the ones before, and whether it may be closed."""

    item: ListItem
    former: list[ListItem]
    kept: bool
    today: dt.date

    @property
    def state(self) -> tuple[str, str]:
        if self.item.until is not None:
            return ("Fermeture prévue", "warning") if self.item.until >= self.today else ("Fermée", "neutral")
        # Other words to come: the line is offered meanwhile with the ones before.
        return ("Proposée", "success") if self.former or self.item.since <= self.today else ("À venir", "info")


def lines_of(list_name: str) -> list[Line]:
    by_code: dict[str, list[ListItem]] = {}
    for item in ListItem.objects.filter(list=list_name).order_by("position", "since", "pk"):
        by_code.setdefault(item.code, []).append(item)
    today = timezone.localdate()
    return [Line(rows[-1], rows[:-1], is_kept(list_name, code), today) for code, rows in by_code.items()]


def next_month() -> dt.date:
    """The first day of next month: what most changes start from."""
    return (timezone.localdate().replace(day=1) + dt.timedelta(days=32)).replace(day=1)


@require_safe
@platform_required("platform.manage")
def lists(request: PlatformRequest) -> HttpResponse:
    counts: dict[str, int] = {}
    for name in ListItem.objects.in_force_on(timezone.localdate()).order_by().values_list("list", flat=True):
        counts[name] = counts.get(name, 0) + 1
    rows = [
        {
            "name": name,
            "label": label,
            "count": counts.get(name, 0),
            "fixed": name in FIXED_LISTS,
            "used": [one.label for one in INDICATORS.values() if name in (one.rows, one.columns)],
        }
        for name, label in LISTS.items()
    ]
    return render(request, "posts/lists.html", {"rows": rows, "events": history()})


@require_http_methods(["GET", "HEAD", "POST"])
@platform_required("platform.manage")
def activity_list(request: PlatformRequest, list_name: str) -> HttpResponse:
    """One list; sending the form adds a line to it."""
    if list_name not in LISTS:
        raise Http404("Cette liste n'existe pas.")
    form = WordsForm(request.POST or None, initial={"since": next_month()})
    if request.method == "POST" and form.is_valid():
        try:
            made = add_item(list_name=list_name, by=request.platform, **form.cleaned_data)
        except BusinessError as error:
            show_error(form, error)
        else:
            messages.success(request, f"« {made.label} » est dans la liste.")
            return redirect("platform-list", list_name)
    context = {
        "name": list_name,
        "label": LISTS[list_name],
        "lines": lines_of(list_name),
        "form": None if list_name in FIXED_LISTS and not form.errors else form,
        "events": history(LISTS[list_name]),
    }
    return render(request, "posts/list.html", context, status=422 if form.is_bound and form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@platform_required("platform.manage")
def activity_list_item(request: PlatformRequest, list_name: str, item_code: str) -> HttpResponse:
    """One line: other words from a day on, or its last day. ``act`` says which form was sent."""
    line = next((one for one in lines_of(list_name) if one.item.code == item_code), None)
    if line is None:
        raise Http404("Cette ligne n'existe pas.")
    act = request.POST.get("act", "")
    words = WordsForm(
        request.POST if act == "words" else None, initial={"label": line.item.label, "since": next_month()}
    )
    closing = ClosingForm(request.POST if act == "close" else None, initial={"until": next_month() - dt.timedelta(1)})
    form = {"words": words, "close": closing}.get(act)
    if request.method == "POST" and form is not None and form.is_valid():
        service = reword_item if act == "words" else close_item
        try:
            service(list_name=list_name, code=item_code, by=request.platform, **form.cleaned_data)
        except BusinessError as error:
            show_error(form, error)
        else:
            messages.success(request, "La ligne est changée ; les mois d'avant gardent leurs mots.")
            return redirect("platform-list", list_name)
    context = {"name": list_name, "label": LISTS[list_name], "line": line, "words": words, "closing": closing}
    refused = request.method == "POST" and (form is None or bool(form.errors))
    return render(request, "posts/list_item.html", context, status=422 if refused else 200)


def history(label: str = "") -> list[PlatformEvent]:
    """The last changes, of one list or of all."""
    events = PlatformEvent.objects.filter(act=PlatformAct.LISTED)
    return list((events.filter(text__startswith=f"{label} :") if label else events)[:EVENTS])
