"""Pages of the titres de recettes: the list, one titre, preparing them, and what the finance software gave back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from core import sheets
from core.errors import BusinessError
from core.french import plural
from core.sheets import Kind, SheetColumn
from funding import titre_display, titre_filters, titre_workflow
from funding.debts import debts_of
from funding.enums import PlanStatus, TitreKind, TitreStatus
from funding.exports.addresses import missing_of
from funding.forms_titres import CorrectionForm, IssueForm, ReasonForm, ReceiptForm, ReceiptReversalForm
from funding.models import FundingPlan, Titre
from funding.models.plan import PlanQuerySet
from funding.models.titre import TitreQuerySet
from funding.services import titres as services
from funding.titre_findings import findings_of
from parties.access import ability_required
from parties.actors import Actor
from parties.enums import PUBLIC_EMPLOYERS

PAGE_SIZE = 50
#: The list asked for on purpose: without it, an organisation that only pays is led to what it owes.
LIST_QUERY = "?tri=-exercice"

COLUMNS = (
    SheetColumn("Exercice", lambda t: t.year, Kind.NUMBER, 9),
    SheetColumn("Émetteur", lambda t: t.issuer.name, width=32),
    SheetColumn("Débiteur", lambda t: t.debtor.name, width=32),
    SheetColumn("Convention", lambda t: t.reference),
    SheetColumn("Plan", lambda t: t.plan.label, width=36),
    SheetColumn("Part (euros)", lambda t: t.base, Kind.AMOUNT),
    SheetColumn("Durée due", lambda t: t.due, Kind.NUMBER, 10),
    SheetColumn("Durée prévue", lambda t: t.planned, Kind.NUMBER, 12),
    SheetColumn("Montant (euros)", lambda t: t.amount, Kind.AMOUNT),
    SheetColumn("État", lambda t: t.get_status_display()),
    SheetColumn("À compléter", lambda t: t.blocked_reason or ", ".join(missing_of(t.debtor)), width=28),
    SheetColumn("N° de titre", lambda t: t.number),
    SheetColumn("Émis le", lambda t: t.issued_on, Kind.DATE),
    SheetColumn("Encaissé (euros)", lambda t: t.received, Kind.AMOUNT),
    SheetColumn("Écriture", lambda t: t.entry_id, width=40),
)


def actor_of(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined, no-any-return]


def titre_tabs(actor: Actor, active: str) -> list[dict[str, Any]]:
    """The faces of the subject, each a page."""
    pages = [("titres", "Titres" if actor.is_staff else "À émettre", LIST_QUERY)]
    if actor.can("titre.propose"):
        pages.append(("titre-readiness", "À vérifier", ""))
    pages.append(("batches", "Lots exportés", ""))
    if actor.can("titre.propose"):
        pages.append(("titre-reminders", "Relances", ""))
        if actor.can("titre.export"):
            pages.append(("returns", "Retours", ""))
        pages.append(("titre-rules", "Règles", ""))
    pages += [("debts", "À payer", ""), ("forecast", "Prévisions", "")]
    if actor.can("grant.view"):
        pages.append(("grants", "Subventions", ""))
    return [{"label": label, "url": reverse(name) + query, "active": name == active} for name, label, query in pages]


def to_issue(actor: Actor) -> TitreQuerySet:
    """The titres of the actor's organisation; every one of the territory for its managers."""
    titres = Titre.objects.visible_to(actor)
    return titres if actor.is_staff else titres.filter(issuer=actor.organisation)


def without_titres(actor: Actor) -> PlanQuerySet:
    """Committed plans of public employers for which nothing was prepared yet."""
    plans = FundingPlan.objects.visible_to(actor).filter(
        status=PlanStatus.ENGAGE, employer__kind__in=PUBLIC_EMPLOYERS, titres__isnull=True
    )
    plans = plans if actor.is_staff else plans.filter(employer=actor.organisation)
    return plans.select_related("employer").order_by("-year", "label")


# --- List -------------------------------------------------------------------------------------------------------------


@require_safe
@ability_required("titre.view")
def titre_list(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    mine = to_issue(actor)
    waiting = list(without_titres(actor)) if actor.can("titre.propose") else []
    if not request.META["QUERY_STRING"] and only_pays(actor, mine, waiting):
        return redirect("debts")
    found = titre_filters.TitreFilter(request.GET, queryset=mine)
    rows = found.qs if found.form.is_valid() else mine.none()
    rows = titre_filters.sorted_by(rows, request.GET.get("tri", "")).for_list()
    if request.GET.get("format") in sheets.MEDIA_TYPES:
        return sheet(COLUMNS, rows, request.GET["format"], "titres")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "filter": found,
        "page_obj": page,
        "lines": [(each, titre_display.working(each), missing_of(each.debtor)) for each in page],
        "count": f"{page.paginator.count} {plural(page.paginator.count, 'titre')}",
        "totals": titre_filters.totals(rows),
        "filtered": any(request.GET.get(name) for name in found.filters),
        "waiting": waiting,
    }
    return render(request, "funding/titres.html", context | list_acts(actor, mine))


def list_acts(actor: Actor, titres: TitreQuerySet) -> dict[str, Any]:
    """What the person may do from the list."""
    can_propose = actor.can("titre.propose")
    return {
        "tabs": titre_tabs(actor, "titres"),
        "tones": titre_display.STATUS_TONES,
        "can_propose": can_propose,
        "can_export": actor.can("titre.export"),
        "overtaken": titre_filters.overtaken(titres).count() if can_propose else 0,
        "all_issuers": actor.is_staff,
    }


def only_pays(actor: Actor, titres: TitreQuerySet, waiting: list[FundingPlan]) -> bool:
    """An organisation that employs nobody and owes something comes for what it owes."""
    if actor.is_staff or actor.organisation is None or waiting or titres.exists():
        return False
    return bool(debts_of(actor.organisation))


def sheet(columns: Any, objects: Any, file_format: str, name: str) -> HttpResponse:
    """What a list shows, as a file."""
    rows = sheets.values(columns, objects)
    content = sheets.write_sheet(file_format, columns, rows, title=name.capitalize(), created=timezone.localtime())
    filename = f"{name}-{timezone.localdate():%Y-%m-%d}.{file_format}"
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return HttpResponse(content, content_type=sheets.MEDIA_TYPES[file_format], headers=headers)


# --- One titre --------------------------------------------------------------------------------------------------------


@require_safe
@ability_required("titre.view")
def titre(request: HttpRequest, uuid: UUID) -> HttpResponse:
    actor = actor_of(request)
    found = get_object_or_404(Titre.objects.visible_to(actor).for_list(), uuid=uuid)
    return show_titre(request, found)


def show_titre(request: HttpRequest, found: Titre, **forms: Form) -> HttpResponse:
    """The page; ``forms``: those that came back refused, by name, in place of the empty ones."""
    actor = actor_of(request)
    issuer_side = issues_it(actor, found)
    changed = services.outdated([found]) if issuer_side else []
    context = {
        "titre": found,
        "tone": titre_display.tone_of(found),
        "state": titre_display.state_of(found),
        "points": titre_display.points_of(found) if issuer_side else [],
        "amount_now": changed[0][1] if changed else None,
        "events": history(found),
        "forms": forms_of(found, acts=issuer_side and actor.can("titre.export")) | forms,
        "findings": findings_of(found) if issuer_side else [],
        "chain": titre_display.chain_of(found),
        "receipts": titre_display.receipts_of(found),
        "batches": titre_display.batches_of(found) if issuer_side else [],
        "can_propose": issuer_side and actor.can("titre.propose"),
        "owes": not actor.is_staff and actor.organisation == found.debtor,
    }
    status = 422 if any(form.errors for form in forms.values()) else 200
    return render(request, "funding/titre.html", context | titre_display.lines_of(found), status=status)


def forms_of(titre: Titre, *, acts: bool) -> dict[str, Form]:
    """The forms of the acts the titre's state allows, empty, by name."""
    if not acts:
        return {}
    if titre.status == TitreStatus.EXPORTE:
        return {"issue": IssueForm()}
    if titre.is_correction:
        return {} if titre.batch_id or titre.status == TitreStatus.ABANDONNE else {"withdraw": ReasonForm()}
    if titre.status not in (TitreStatus.EMIS, TitreStatus.ENCAISSE):
        return {}
    found: dict[str, Form] = {"receipt": ReceiptForm(left=titre.balance), "reversal": ReceiptReversalForm()}
    if titre.net > 0:
        return found | {"reduce": CorrectionForm(), "cancel": ReasonForm(prefix="annulation")}
    if titre.corrected and not any(row.kind == TitreKind.TITRE for row in titre.corrections.all()):
        found["reissue"] = ReasonForm(prefix="reemission")
    return found


def issues_it(actor: Actor, titre: Titre) -> bool:
    return actor.is_staff or actor.organisation == titre.issuer


def history(titre: Titre) -> list[dict[str, Any]]:
    """The titre's log, latest first, as the timeline shows it."""
    tones = {"bloquer": "warning", "preparer": "neutral", "contre_passer": "warning", "liberer": "warning"}
    return [
        {
            "title": titre_workflow.ACTS[event.act].label if event.act in titre_workflow.ACTS else event.act,
            "at": event.created_at,
            "by": event.by_label,
            "text": event.reason,
            "tone": tones.get(event.act, "success"),
        }
        for event in titre.events.order_by("-pk")
    ]


# --- Preparing --------------------------------------------------------------------------------------------------------


@require_POST
@ability_required("titre.propose")
def titres_propose(request: HttpRequest) -> HttpResponse:
    """``plan`` (its uuid): that plan; none: every committed plan the person acts for. ``next``: where to come back."""
    actor = actor_of(request)
    try:
        prepared, problems = propose(request.POST, actor)
    except BusinessError as error:
        prepared, problems = 0, [error.message]
    for problem in problems:
        messages.error(request, problem)
    if prepared:
        words = plural(prepared, "titre est à jour", "titres sont à jour")
        messages.success(request, f"{prepared} {words} : vérifiez les montants avant de les exporter.")
    elif not problems:
        messages.info(
            request, "Aucun plan engagé n'appelle de titre : ils se préparent à la signature des conventions."
        )
    return redirect(safe_next(request) or reverse("titres") + LIST_QUERY)


def propose(data: QueryDict, actor: Actor) -> tuple[int, list[str]]:
    if not data.get("plan"):
        return services.propose_all(by=actor)
    plans = FundingPlan.objects.visible_to(actor).select_related("employer")
    plan = get_object_or_404(plans, uuid=as_uuid(data.get("plan", "")))
    return len(services.propose_titres(plan=plan, by=actor)), []


def as_uuid(text: Any) -> UUID:
    """An identifier from a form; one that is not a UUID names nothing."""
    try:
        return UUID(str(text))
    except ValueError:
        return UUID(int=0)


def safe_next(request: HttpRequest) -> str:
    """A page of this site, by its path; anything else is as if nothing had been given."""
    address = request.POST.get("next", "")
    ours = address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()})
    return address if ours else ""
