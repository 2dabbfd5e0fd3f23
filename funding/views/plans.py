"""Pages of the funding plans: the list and the plan. The editor is in :mod:`funding.views.editor`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from core import rls, sheets
from core.errors import BusinessError
from core.findings import Finding
from core.french import plural
from core.sheets import Kind, SheetColumn
from funding import filters, workflow
from funding.adapter import data_of
from funding.checks import check_plan, with_answers
from funding.enums import PlanStatus
from funding.key_views import key_views
from funding.models import FundingPlan
from funding.services import plans as services
from funding.tables import plan_table
from parties.access import ability_required
from parties.actors import Actor

PAGE_SIZE = 50
STATUS_TONES = {"projet": "neutral", "arrete": "info", "engage": "success", "solde": "success"}

COLUMNS = (
    SheetColumn("Plan", lambda plan: plan.label, width=40),
    SheetColumn("Année", lambda plan: plan.year, Kind.NUMBER, 8),
    SheetColumn("Employeur", lambda plan: plan.employer.name, width=34),
    SheetColumn("Postes", lambda plan: ", ".join(post.label for post in plan.posts.all()), width=34),
    SheetColumn("État (euros)", lambda plan: plan.state_amount, Kind.AMOUNT),
    SheetColumn("Département (euros)", lambda plan: plan.departement_amount, Kind.AMOUNT),
    SheetColumn("Autres financeurs (euros)", lambda plan: plan.other_amount, Kind.AMOUNT),
    SheetColumn("Total (euros)", lambda plan: plan.total_amount, Kind.AMOUNT),
    SheetColumn("État du plan", lambda plan: plan.get_status_display()),
)


# --- List -------------------------------------------------------------------------------------------------------------


@require_GET
@ability_required("plan.view")
def plan_list(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = filters.PlanFilter(request.GET, queryset=FundingPlan.objects.visible_to(actor))
    rows = filters.with_amounts(found.qs if found.form.is_valid() else found.queryset.none())
    rows = filters.sorted_by(rows, request.GET.get("tri", ""))
    if request.GET.get("format") in sheets.MEDIA_TYPES:
        return plan_sheet(rows.for_list(), request.GET["format"])
    page = Paginator(rows.for_list(), PAGE_SIZE).get_page(request.GET.get("page"))
    count = page.paginator.count
    context = {
        "filter": found,
        "page_obj": page,
        "tones": STATUS_TONES,
        "count": f"{count} {plural(count, 'plan')}",
        "totals": filters.totals(rows),
        "filtered": any(request.GET.get(name) for name in found.filters),
        "can_edit": actor.can("plan.edit"),
    }
    return render(request, "funding/plans.html", context)


def plan_sheet(plans: Any, file_format: str) -> HttpResponse:
    """What the list shows, as a file."""
    rows = sheets.values(COLUMNS, plans)
    content = sheets.write_sheet(file_format, COLUMNS, rows, title="Plans de financement", created=timezone.localtime())
    name = f"plans-de-financement-{timezone.localdate():%Y-%m-%d}.{file_format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=sheets.MEDIA_TYPES[file_format], headers=headers)


# --- Plan -------------------------------------------------------------------------------------------------------------


@require_GET
@ability_required("plan.view")
def plan(request: HttpRequest, uuid: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = get_object_or_404(FundingPlan.objects.visible_to(actor).select_related("employer"), uuid=uuid)
    table, conventions = plan_table(found), linked_conventions(found)
    can_edit = actor.can("plan.edit") and found.is_editable
    context = {
        "plan": found,
        "table": table,
        "tone": STATUS_TONES[found.status],
        "posts": found.posts.all(),
        "keys": key_views(data_of(found)),
        "findings": findings_for(found, actor),
        "events": history(found),
        "conventions": conventions,
        "can_edit": can_edit,
        "can_agree": can_edit and actor.can("convention.edit") and table.balanced and not conventions,
        "can_propose": may_propose(found, actor),
        "can_copy": actor.can("plan.edit"),
        "sees_findings": sees_findings(actor),
        "next_year": found.year + 1,
    }
    return render(request, "funding/plan.html", context)


def may_propose(plan: FundingPlan, actor: Actor) -> bool:
    """Whether the actor may prepare titres: committed plan, employer that collects so, its people or the managers."""
    acts_for_it = actor.is_staff or actor.organisation == plan.employer
    committed = plan.status == PlanStatus.ENGAGE and plan.employer.issues_titres
    return committed and acts_for_it and actor.can("titre.propose")


def sees_findings(actor: Actor) -> bool:
    """Checks are the work of those who prepare and review; a financer sees the settled figures."""
    return actor.context.scope in (rls.STAFF, rls.PREFECTURE)


def findings_for(plan: FundingPlan, actor: Actor) -> list[Finding]:
    """The plan's findings with their answers; the acts only for who may do them."""
    if not sees_findings(actor):
        return []
    findings = with_answers(check_plan(plan), actor.territory, next_url=plan.get_absolute_url() + "#constats")
    if actor.can("finding.answer"):
        return findings
    return [replace(finding, url="", explain_url="") for finding in findings]


def linked_conventions(plan: FundingPlan) -> list[Any]:
    """Conventions that carry the plan, when the floor above is installed: it declares the relation, not this one."""
    related = getattr(plan, "conventions", None)
    return list(related.all()) if related is not None else []


def history(plan: FundingPlan) -> list[dict[str, Any]]:
    """The plan's log, latest first, as the timeline shows it."""
    tones = {workflow.CREATED: "neutral", workflow.EDITED: "neutral", "rouvrir": "warning"}
    return [
        {
            "title": workflow.ACT_LABELS.get(event.act, event.act),
            "at": event.created_at,
            "by": event.by_label,
            "text": event.reason,
            "tone": tones.get(event.act, "success"),
        }
        for event in plan.events.order_by("-pk")
    ]


@require_POST
@ability_required("plan.edit")
def plan_copy(request: HttpRequest, uuid: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    source = get_object_or_404(FundingPlan.objects.visible_to(actor), uuid=uuid)
    try:
        copy = services.copy_plan_to_year(plan=source, year=source.year + 1, by=actor)
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect(source)
    messages.success(request, f"Le plan {copy.year} reprend les coûts et les parts de {source.year} : actualisez-les.")
    return redirect("plan-edit", uuid=copy.uuid)
