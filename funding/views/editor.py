"""The plan editor: create, change, recompute. One page and its fragments; every gesture also works as a plain POST."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import BusinessError, Conflict
from core.french import enumerate_fr
from funding.adapter import data_of
from funding.editor import PlanEditor, ShareNode, choosable_posts, financers
from funding.editor_state import State, apply_gesture, new_state, posted_state, stored_state, thirds
from funding.enums import ProrataBasis
from funding.key_views import key_views
from funding.models import FundingPlan
from funding.services import plans as services
from funding.services.plan_years import create_plans_over_years
from funding.tables import PlanTable, table_of
from parties.access import ability_required
from parties.actors import Actor

#: Gestures answer with the rows alone when htmx asks, with the whole page otherwise.
PAGE, ROWS, BALANCE = "funding/plan_form.html", "funding/plan_form_rows.html", "funding/plan_balance.html"


@require_http_methods(["GET", "POST"])
@ability_required("plan.edit")
def plan_create(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if request.method == "POST":
        return edited(request, actor, None)
    return show(request, PlanEditor(actor=actor, state=first_state(request, actor)))


def first_state(request: HttpRequest, actor: Actor) -> State:
    """What a new plan starts from: ``?poste=<uuid>&annee=2024``, both optional."""
    wanted = request.GET.get("poste", "")
    post = next((post for post in choosable_posts(actor) if str(post.uuid) == wanted), None)
    year = request.GET.get("annee", "")
    number = int(year) if year.isdigit() and 2000 <= int(year) <= 2100 else timezone.localdate().year
    return new_state(post=post, year=number, directory=financers(actor))


@require_http_methods(["GET", "POST"])
@ability_required("plan.edit")
def plan_edit(request: HttpRequest, uuid: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    plan = get_object_or_404(FundingPlan.objects.visible_to(actor).select_related("employer"), uuid=uuid)
    if not plan.is_editable:
        status = plan.get_status_display().lower()
        messages.warning(request, f"Ce plan est {status} : ses montants ne changent plus avec sa convention.")
        return redirect(plan)
    if request.method == "POST":
        return edited(request, actor, plan)
    return show(request, PlanEditor(actor=actor, state=stored_state(data_of(plan), plan.version), plan=plan))


def edited(request: HttpRequest, actor: Actor, plan: FundingPlan | None) -> HttpResponse:
    """A POST of the editor: a gesture on the rows, a computation, or the save."""
    state = posted_state(request.POST)
    gesture = request.POST.get("geste", "")
    if gesture == "tiers":
        state = from_thirds(state, actor)
    if gesture:
        focus = apply_gesture(state, gesture)
        return show(request, PlanEditor(actor=actor, state=state, plan=plan), focus=focus)
    editor = PlanEditor(actor=actor, state=state, plan=plan, bound=True)
    if not editor.is_valid():
        return show(request, editor, status=422)
    try:
        saved = save(editor, plan, actor)
    except Conflict as error:
        return refused_as_stale(request, editor, error)
    except BusinessError as error:
        editor.add_error(error)
        return show(request, editor, status=422)
    if isinstance(saved, list):
        years = enumerate_fr(str(one.year) for one in saved)
        messages.success(request, f"Un plan est créé par année civile ({years}) : ensemble, ils font toute la période.")
        return redirect(saved[0])
    messages.success(request, "Le plan est enregistré.")
    return redirect(saved)


def from_thirds(state: State, actor: Actor) -> State:
    chosen = [post for post in choosable_posts(actor) if str(post.uuid) in state.head["posts"]]
    return thirds(state, chosen, financers(actor))


def save(editor: PlanEditor, plan: FundingPlan | None, actor: Actor) -> FundingPlan | list[FundingPlan]:
    """The plan saved; a new one agreed over several years is made year by year."""
    data = editor.data()
    if plan is None and data.prorata == ProrataBasis.SPAN:
        return create_plans_over_years(data=data, by=actor)
    if plan is None:
        return services.create_plan(data=data, by=actor)
    version = editor.head.cleaned_data.get("version") or 0
    return services.save_plan(plan=plan, data=data, expected_version=version, by=actor)


def refused_as_stale(request: HttpRequest, editor: PlanEditor, error: Conflict) -> HttpResponse:
    """Somebody saved first: what was typed stays, and saving again is then a decision taken knowingly."""
    assert editor.plan is not None
    editor.plan.refresh_from_db()
    editor.state.head["version"] = str(editor.plan.version)
    again = PlanEditor(actor=editor.actor, state=editor.state, plan=editor.plan)
    return show(request, again, status=409, stale=error.message)


@require_POST
@ability_required("plan.edit")
def plan_preview(request: HttpRequest) -> HttpResponse:
    """The balance and the computed amounts of what is being typed; nothing is written."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    editor = PlanEditor(actor=actor, state=posted_state(request.POST))
    draft = editor.draft()
    return render(request, BALANCE, {"table": table_of(draft), "keys": key_views(draft), "swapped": True})


def show(
    request: HttpRequest, editor: PlanEditor, *, status: int = 200, focus: str = "", stale: str = ""
) -> HttpResponse:
    """The page, or its rows alone when a gesture was made without leaving it."""
    draft = editor.draft()
    table = table_of(draft)
    context: dict[str, Any] = {
        "keys": key_views(draft),
        "editor": editor,
        "nodes": with_amounts(editor.tree, table),
        "plan": editor.plan,
        "table": table,
        "focus": focus,
        "stale": stale,
    }
    fragment = request.headers.get("HX-Request") == "true" and status == 200
    return render(request, ROWS if fragment else PAGE, context, status=status)


def with_amounts(nodes: list[ShareNode], table: PlanTable) -> list[ShareNode]:
    amounts = {row.ref: row for row in table.rows}
    for node in nodes:
        node.amount = amounts.get(node.ref)
        with_amounts(node.members, table)
    return nodes
