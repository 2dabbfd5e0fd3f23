"""The interface's components as template tags: ``{% load ui %}``.

Each tag renders one small template of ``templates/ui/``. They never query the database and hold no business rule.
Lists (steps, events, dates…) may hold mappings or objects: templates read both the same way, and absent keys are fine.
Tones are ``success``, ``info``, ``warning``, ``danger`` and ``neutral``; a tone always comes with an icon and a word.
Every component is shown on the style page (``templates/ui/styleguide.html``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField, CheckboxInput, FileInput, RadioSelect, Select, Textarea
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from core import money, ui_support
from core.french import date_long

register = template.Library()

TONE_ICONS = {
    "success": "check-circle-fill",
    "info": "info-circle-fill",
    "warning": "exclamation-triangle-fill",
    "danger": "x-octagon-fill",
    "neutral": "circle",
}
SEVERITY_TONES = {"bloquant": "danger", "a_expliquer": "warning", "vigilance": "info"}
#: Singular and plural of each severity, as the counts above a list of findings say them.
SEVERITY_WORDS = {
    "bloquant": ("bloquant", "bloquants"),
    "a_expliquer": ("à expliquer", "à expliquer"),
    "vigilance": ("point de vigilance", "points de vigilance"),
}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One icon of ``static/icons.svg``: ``{% icon "pencil" %}``; ``label`` only when no word stands beside it.

    Raises ``ValueError`` for a name the sprite does not have, so that a typing error is found by the first test.
    """
    known = ui_support.icon_names()
    if known and name not in known:
        raise ValueError(f"No icon “{name}” in static/icons.svg")
    href = f"{static('icons.svg')}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, href)
    return format_html('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}"></use></svg>', href)


@register.simple_tag(takes_context=True)
def ui_query(context: Context, **changes: Any) -> str:
    """The page's query string with some parameters replaced, or removed when ``None`` or empty.

    ``<a href="{% ui_query tri='-cost' page=None %}">``. Other parameters (filters, search) are kept.
    """
    return ui_support.query_string(context.get("request"), changes)


# --- Words and figures ------------------------------------------------------------------------------------------------


@register.inclusion_tag("ui/status.html")
def ui_status(label: str, tone: str = "neutral", icon: str = "") -> dict[str, Any]:
    """A state in a word, with its icon: ``{% ui_status "Approuvée" "success" %}``."""
    return {"label": label, "tone": tone, "icon_name": icon or TONE_ICONS[tone]}


@register.inclusion_tag("ui/amount.html")
def ui_amount(value: Decimal | int | str | None, explanation: Any = None, short: bool = False) -> dict[str, Any]:
    """An amount in euros, with its calculation behind a fold when ``explanation`` is given.

    ``value``: euros (Decimal) or text already formatted; ``None`` prints a dash. ``short`` drops ",00".
    ``explanation``: a sentence; or a list of sentences and (label, value) pairs; or a mapping or object with any of
    ``formula``, ``lines`` (such a list), ``source`` and ``changed`` (who last changed an input, and when).
    """
    if value is None or value == "":
        text = ""
    elif isinstance(value, str):
        text = value
    else:
        text = money.euros_short(value) if short else money.euros(value)
    return {"text": text, "explanation": ui_support.normalise_explanation(explanation)}


@register.simple_tag
def ui_when(moment: dt.date | dt.datetime | None) -> str:
    """« il y a 2 jours », with the full date in the title; beyond a month, the date itself. Future days: the date.

    Not a template of its own: its last line break would show as a space before the comma that follows.
    """
    if moment is None:
        return ""
    if isinstance(moment, dt.datetime):
        local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
        day, machine = local.date(), local.isoformat(timespec="minutes")
        full = f"{date_long(day)} à {local:%H:%M}"
    else:
        day, machine, full = moment, moment.isoformat(), date_long(moment)
    age = (timezone.localdate() - day).days
    if age == 0:
        text = "aujourd’hui"
    elif age == 1:
        text = "hier"
    elif 1 < age <= 31:
        text = f"il y a {timesince(day, timezone.localdate(), depth=1)}"
    else:
        text = date_long(day)
    return format_html('<time datetime="{}" title="{}">{}</time>', machine, full, text)


@register.inclusion_tag("ui/kpi.html")
def ui_kpi(label: str, value: Any, hint: str = "", tone: str = "", url: str = "") -> dict[str, Any]:
    """One key figure; put several in ``<div class="kpis">``. ``tone`` colours the hint and adds its icon.

    Decimals are shown as euros ("17 500 €"); everything else as it is.
    """
    return {
        "label": label,
        "value": money.euros_short(value) if isinstance(value, Decimal) else value,
        "hint": hint,
        "tone": tone,
        "icon_name": TONE_ICONS[tone] if tone else "",
        "url": url,
    }


@register.inclusion_tag("ui/definitions.html")
def ui_definitions(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A definition list from (term, value) pairs; a value that is ``None`` or empty shows « non renseigné »."""
    return {"items": list(items)}


@register.inclusion_tag("ui/dates.html")
def ui_dates(dates: Iterable[Any]) -> dict[str, Any]:
    """Key dates, each with ``date``, ``label`` and, if any, ``note``, ``url``, and ``status`` + ``tone``."""
    return {"dates": list(dates)}


# --- Blocks of a page -------------------------------------------------------------------------------------------------


@register.inclusion_tag("ui/alert.html")
def ui_alert(tone: str, message: str, title: str = "") -> dict[str, Any]:
    """A message in the page: ``{% ui_alert "warning" "Le plan n'est pas équilibré." %}``. Rich text: ``ui_callout``."""
    return {"tone": tone, "icon_name": TONE_ICONS[tone], "title": title, "message": message}


@register.simple_block_tag
def ui_callout(content: str, tone: str = "info", title: str = "") -> str:
    """``{% ui_callout "warning" "Titre" %}…rich text…{% endui_callout %}``: an alert whose body is markup."""
    context = {"tone": tone, "icon_name": TONE_ICONS[tone], "title": title, "content": content, "message": ""}
    return render_to_string("ui/alert.html", context)


@register.simple_block_tag
def ui_card(
    content: str, title: str = "", level: int = 2, id: str = "", link_url: str = "", link_label: str = ""
) -> str:
    """``{% ui_card "Titre" link_url=… link_label=… %}…{% endui_card %}``: a panel; ``level`` is its heading's."""
    context = {"content": content, "title": title, "tag": f"h{level}", "id": id}
    return render_to_string("ui/card.html", context | {"link_url": link_url, "link_label": link_label})


@register.simple_block_tag
def ui_fold(content: str, summary: str, open: bool = False) -> str:
    """``{% ui_fold "Clauses inchangées" %}…{% endui_fold %}``: content behind a summary, without JavaScript."""
    return render_to_string("ui/fold.html", {"content": content, "summary": summary, "open": open})


@register.simple_block_tag
def ui_table(
    content: str, label: str, cards: bool = False, dense: bool = False, caption: bool = False, id: str = ""
) -> str:
    """``{% ui_table "Postes de 2023" cards=True %}<thead>…<tbody>…{% endui_table %}``: a table with its frame.

    The header row and first column stay in view. ``label`` names it (shown when ``caption``); ``cards`` turns rows
    into cards below 576 px: give each ``<td>`` a ``data-label``. Amounts: ``<td class="num">``; totals: ``<tfoot>``.
    """
    context = {"content": content, "label": label, "cards": cards, "dense": dense, "caption": caption, "id": id}
    return render_to_string("ui/table.html", context)


@register.inclusion_tag("ui/empty.html")
def ui_empty(
    title: str, text: str = "", action_url: str = "", action_label: str = "", icon: str = "inbox"
) -> dict[str, Any]:
    """An empty list that says how to begin: title, one sentence, and the act that fills it."""
    return {"title": title, "text": text, "action_url": action_url, "action_label": action_label, "icon_name": icon}


@register.inclusion_tag("ui/worklist.html")
def ui_worklist(items: Iterable[Any]) -> dict[str, Any]:
    """What waits for someone, each line one link: ``title``, ``url`` and, if any, ``text``, ``status`` + ``tone``,
    ``date`` and ``amount`` (euros, Decimal). For the home page « À faire ».
    """
    return {"items": list(items)}


@register.inclusion_tag("ui/breadcrumb.html")
def ui_breadcrumb(*parts: str) -> dict[str, Any]:
    """``{% ui_breadcrumb "Postes" posts_url "Boulogne" %}``: pairs of label and address, then this page's label."""
    pairs = [(str(parts[i]), str(parts[i + 1])) for i in range(0, len(parts) - 1, 2)]
    return {"links": pairs, "current": parts[-1] if len(parts) % 2 else ""}


@register.inclusion_tag("ui/tabs.html")
def ui_tabs(tabs: Iterable[Any], label: str = "Rubriques de la page") -> dict[str, Any]:
    """Tabs that are links: each with ``label``, ``url``, ``active`` and, if any, ``count``."""
    return {"tabs": list(tabs), "label": label}


@register.inclusion_tag("ui/steps.html")
def ui_steps(steps: Iterable[Any], label: str = "Avancement") -> dict[str, Any]:
    """The track of a circuit. Each step: ``label``, ``state`` and, if any, ``date`` and ``by``.

    ``state`` is ``done``, ``current``, ``next`` or ``blocked``; the words said aloud are in ``ui/steps.html``.
    """
    return {"steps": list(steps), "label": label}


@register.inclusion_tag("ui/timeline.html")
def ui_timeline(events: Iterable[Any]) -> dict[str, Any]:
    """History, in the order given. Each event: ``title`` and, if any, ``at``, ``by``, ``text``, ``tone``, ``icon``."""
    prepared = []
    for event in events:
        tone = ui_support.read(event, "tone") or "neutral"
        prepared.append({"event": event, "tone": tone, "icon_name": ui_support.read(event, "icon") or TONE_ICONS[tone]})
    return {"events": prepared}


@register.inclusion_tag("ui/job.html", takes_context=True)
def ui_job(context: Context, job: Any) -> dict[str, Any]:
    """A long work: ``label``, ``state`` (waiting, running, done, failed, cancelled, interrupted), ``done``, ``total``
    and, if any, ``message``, ``remaining``, ``result_url``, ``result_label``, ``poll_url``, and the addresses a button
    posts to: ``cancel_url``, ``resume_url``.

    With ``poll_url`` the card asks for itself again every 2 s while it runs (the view answers this same tag).
    """
    state = ui_support.read(job, "state") or "waiting"
    label, tone, icon_name = {
        "waiting": ("En attente", "neutral", "hourglass-split"),
        "running": ("En cours", "info", "arrow-repeat"),
        "done": ("Terminé", "success", "check-circle-fill"),
        "failed": ("Échoué", "danger", "x-octagon-fill"),
        "cancelled": ("Annulé", "neutral", "dash-circle"),
        "interrupted": ("Interrompu", "warning", "exclamation-triangle-fill"),
    }[state]
    live = state in {"waiting", "running"}
    token = context.get("csrf_token", "")
    shown = {"job": job, "state_label": label, "tone": tone, "icon_name": icon_name, "live": live}
    return shown | {"csrf_token": token}


@register.inclusion_tag("ui/findings.html", takes_context=True)
def ui_findings(context: Context, findings: Iterable[Any], empty: str = "") -> dict[str, Any]:
    """The checks' results, worst first as given: counts, messages, figures, « Corriger », « Expliquer ».

    Each finding has the attributes of ``core.findings.Finding``. « Corriger » needs ``url``; « Expliquer » needs
    ``explain_url`` and posts ``code``, ``place``, ``fingerprint`` and ``reason``; ``answer`` has ``reason``, ``by``
    and ``at``. ``empty``: the sentence shown when there is no finding.
    """
    shown = [ui_support.FindingLine(finding, SEVERITY_TONES) for finding in findings]
    counts = []
    for severity, words in SEVERITY_WORDS.items():
        number = sum(1 for line in shown if line.severity == severity)
        if number:
            tone = SEVERITY_TONES[severity]
            word = words[0] if number == 1 else words[1]
            counts.append({"label": f"{number} {word}", "tone": tone, "icon_name": TONE_ICONS[tone]})
    answered = sum(1 for line in shown if line.answer)
    token = context.get("csrf_token")
    return {"findings": shown, "counts": counts, "answered": answered, "empty": empty, "csrf_token": token}


# --- Forms ------------------------------------------------------------------------------------------------------------


@register.inclusion_tag("ui/error_summary.html")
def ui_errors(*forms: Any) -> dict[str, Any]:
    """The error summary of one or more forms or formsets, each line linking to its field; nothing when all is well."""
    return {"errors": ui_support.collect_errors(forms)}


@register.inclusion_tag("ui/field.html")
def ui_field(
    field: BoundField, width: str = "", suffix: str = "", label: str = "", help: str = "", required_mark: bool = True
) -> dict[str, Any]:
    """One field of a form: label above, help under it, control, error in words below.

    ``width``: "" (one column), "short" or "wide"; ``suffix``: a unit such as "€" after the control; ``label`` and
    ``help`` replace the form's own. Required fields say so unless ``required_mark`` is false.
    """
    widget = field.field.widget
    described = []
    help_text = help or field.help_text
    if help_text:
        described.append(f"{field.auto_id}_helptext")
    if field.errors:
        described.append(f"{field.auto_id}_error")
    if isinstance(widget, RadioSelect):
        kind, css = "group", "form-check-input"
    elif isinstance(widget, CheckboxInput):
        kind, css = "check", "form-check-input"
    elif isinstance(widget, Select):
        kind, css = "control", "form-select"
    else:
        kind, css = "control", "form-control"
    if field.errors:
        css += " is-invalid"
    attrs: dict[str, Any] = {"class": f"{css} {widget.attrs.get('class', '')}".strip()}
    if kind != "group":
        attrs["aria-describedby"] = " ".join(described) or None
        if isinstance(widget, Textarea) and str(widget.attrs.get("rows")) == "10":  # Django's default, too tall here
            attrs["rows"] = 4
    return {
        "field": field,
        "kind": "hidden" if field.is_hidden else kind,
        "control": field.as_widget(attrs={key: value for key, value in attrs.items() if value is not None}),
        "group_class": css,
        "described": " ".join(described),
        "label": label or field.label,
        "help_text": help_text,
        "suffix": suffix,
        "width": width,
        "is_file": isinstance(widget, FileInput),
        "marked": required_mark and field.field.required,
    }


@register.inclusion_tag("ui/form.html")
def ui_form(form: BaseForm, summary: bool = True) -> dict[str, Any]:
    """All the fields of a form, error summary first. Write the ``<form>``, its csrf token and buttons around it."""
    return {"form": form, "summary": summary}


@register.inclusion_tag("ui/form_actions.html")
def ui_buttons(submit: str = "Enregistrer", cancel_url: str = "", tone: str = "primary") -> dict[str, Any]:
    """The row of buttons that ends a form; ``tone="danger"`` for an act that destroys."""
    return {"submit": submit, "cancel_url": cancel_url, "tone": tone}


# --- Lists ------------------------------------------------------------------------------------------------------------


@register.simple_block_tag(takes_context=True)
def ui_toolbar(
    context: Context,
    content: str,
    count: str = "",
    search: str = "q",
    search_label: str = "Rechercher",
    xlsx_url: str = "",
    csv_url: str = "",
) -> str:
    """``{% ui_toolbar count="13 postes" xlsx_url=… csv_url=… %}{% ui_field filter.form.year %}…{% endui_toolbar %}``

    The bar above a list: search (parameter ``search``; "" for none), the filters given as content, « Filtrer »,
    « Tout afficher » when something is filtered, exports. A GET form, so that the address can be shared.
    """
    request = context.get("request")
    params = request.GET if request else {}
    used = sorted(key for key in params if params.get(key) and key not in {"page", "tri"})
    values = {
        "content": content,
        "count": count,
        "search": search,
        "search_label": search_label,
        "search_value": params.get(search, "") if search else "",
        "sort": params.get("tri", ""),
        "filtered": bool(used),
        "xlsx_url": xlsx_url,
        "csv_url": csv_url,
    }
    return render_to_string("ui/toolbar.html", values)


@register.inclusion_tag("ui/sort.html", takes_context=True)
def ui_sort(context: Context, key: str, label: str, num: bool = False) -> dict[str, Any]:
    """A ``<th>`` that sorts: ``{% ui_sort "cost" "Coût" num=True %}``; the address holds ``tri=cost`` or ``-cost``."""
    request = context.get("request")
    current = request.GET.get("tri", "") if request else ""
    order = "ascending" if current == key else "descending" if current == f"-{key}" else ""
    url = ui_support.query_string(request, {"tri": f"-{key}" if order == "ascending" else key, "page": None})
    return {"label": label, "url": url, "order": order, "num": num}


@register.inclusion_tag("ui/pagination.html", takes_context=True)
def ui_pagination(context: Context, page_obj: Page[Any]) -> dict[str, Any]:
    """Previous, pages, next; keeps the other parameters of the address. Nothing when there is one page."""
    request = context.get("request")

    def url(number: int) -> str:
        return ui_support.query_string(request, {"page": number if number > 1 else None})

    paginator = page_obj.paginator
    pages = [
        {"number": number, "url": url(number) if isinstance(number, int) else ""}
        for number in paginator.get_elided_page_range(page_obj.number, on_each_side=1, on_ends=1)
    ]
    return {
        "page_obj": page_obj,
        "pages": pages,
        "previous_url": url(page_obj.number - 1) if page_obj.has_previous() else "",
        "next_url": url(page_obj.number + 1) if page_obj.has_next() else "",
    }
