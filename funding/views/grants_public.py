"""What the law watches: totals per authority, publication of the essential data, dated rules, the State's forms."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import sheets
from core.sheets import Kind, SheetColumn
from funding import grant_forms, grant_opendata, grant_rules
from funding.enums_grants import RuleKind
from funding.forms_grants import RuleForm
from funding.grants import authority_totals
from funding.models import FundingPlan
from funding.services.grant_publication import publish_grants
from funding.services.grants import gives_grants
from funding.views.grants import asked_year, attempt, grant_tabs
from funding.views.titres import actor_of, sheet
from parties.access import ability_required
from parties.actors import Actor
from parties.enums import OrganisationKind

AUTHORITY_COLUMNS = (
    SheetColumn("Exercice", lambda row: row[0].year, Kind.NUMBER, 9),
    SheetColumn("Autorité", lambda row: row[0].authority.name, width=36),
    SheetColumn("SIREN de l'autorité", lambda row: row[0].authority.siren),
    SheetColumn("Association", lambda row: row[0].beneficiary.name, width=30),
    SheetColumn("SIREN de l'association", lambda row: row[0].beneficiary.siren),
    SheetColumn("Plan", lambda row: row[1].plan.label, width=36),
    SheetColumn("Convention", lambda row: row[1].reference),
    SheetColumn("Montant (euros)", lambda row: row[1].amount, Kind.AMOUNT),
    SheetColumn("Total de l'année (euros)", lambda row: row[0].total, Kind.AMOUNT),
    SheetColumn("Seuil (euros)", lambda row: row[0].threshold.number, Kind.AMOUNT),
)


@require_safe
@ability_required("plan.view")
def authorities(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    plans = FundingPlan.objects.visible_to(actor).filter(employer__kind=OrganisationKind.ASSOCIATION)
    years = list(plans.order_by("-year").values_list("year", flat=True).distinct())
    year = asked_year(request) or next(iter(years), timezone.localdate().year)
    totals = authority_totals(year, territory_id=actor.territory_id)
    if not actor.is_staff and actor.context.scope == "organisation":
        totals = [total for total in totals if actor.organisation in (total.authority, total.beneficiary)]
    if request.GET.get("format") in sheets.MEDIA_TYPES:
        rows = [(total, part) for total in totals for part in total.parts]
        return sheet(AUTHORITY_COLUMNS, rows, request.GET["format"], "subventions-par-autorite")
    context = {
        "tabs": grant_tabs(actor, "grant-authorities"),
        "years": years,
        "year": year,
        "totals": totals,
        "rule": grant_rules.rules_of(actor.territory_id).for_year(RuleKind.THRESHOLD, year),
    }
    return render(request, "funding/grant_authorities.html", context)


# --- Open data --------------------------------------------------------------------------------------------------------


@require_safe
@ability_required("plan.view")
def publication(request: HttpRequest) -> HttpResponse:
    actor, today = actor_of(request), timezone.localdate()
    found = grant_opendata.publications(actor)
    context = {
        "tabs": grant_tabs(actor, "grants-publication"),
        "lines": [(each, *each.state(today)) for each in found],
        "ready": sum(each.is_ready for each in found),
        "waiting": sum(each.is_ready and each.grant.published_on is None for each in found),
        "late": sum(each.is_late(today) for each in found),
        "may_publish": actor.can("grant.pay"),
        "all_financers": actor.is_staff,
    }
    return render(request, "funding/grants_publication.html", context)


@require_safe
@ability_required("plan.view")
def opendata(request: HttpRequest) -> HttpResponse:
    """The CSV: every signed grant whose line is complete. ``?annee=`` keeps one year."""
    year = asked_year(request)
    found = [each for each in grant_opendata.publications(actor_of(request)) if each.is_ready]
    rows = [each.row for each in found if year is None or each.grant.year == year]
    headers = {"Content-Disposition": f'attachment; filename="subventions-{year or "toutes"}.csv"'}
    return HttpResponse(grant_opendata.write_csv(rows), content_type="text/csv; charset=utf-8", headers=headers)


@require_POST
@ability_required("grant.pay")
def publish(request: HttpRequest) -> HttpResponse:
    """Say that the file was put online today."""
    done: list[int] = []
    refused = attempt(None, lambda: done.append(publish_grants(by=actor_of(request))))
    if refused:
        messages.error(request, refused)
    elif not done[0]:
        messages.info(request, "Aucune ligne complète n'attend d'être publiée.")
    else:
        messages.success(request, f"Publication notée pour {done[0]} subvention{'s' if done[0] > 1 else ''}.")
    return redirect("grants-publication")


# --- Rules ------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@ability_required("grant.manage")
def rules(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    form = RuleForm(request.POST or None)
    if form.is_valid() and not attempt(form, lambda: grant_rules.set_rule(by=actor, **form.cleaned_data)):
        messages.success(request, "Règle enregistrée.")
        return redirect("grant-rules")
    known = sorted(grant_rules.rules_of(actor.territory_id).rows, key=lambda r: (r.kind, r.start, r.own), reverse=True)
    context = {
        "tabs": grant_tabs(actor, "grant-rules"),
        "rows": [(rule, grant_rules.shown(rule)) for rule in known],
        "form": form,
    }
    return render(request, "funding/grant_rules.html", context, status=422 if form.is_bound else 200)


# --- The State's forms ------------------------------------------------------------------------------------------------


def find_plan(request: HttpRequest, uuid: UUID) -> FundingPlan:
    """A plan whose employer is an association, for its own people and the managers."""
    actor: Actor = actor_of(request)
    rows = FundingPlan.objects.visible_to(actor).select_related("employer").prefetch_related("posts")
    plan = get_object_or_404(rows, uuid=uuid)
    if not gives_grants(plan) or not (actor.is_staff or actor.organisation == plan.employer):
        raise Http404
    return plan


def known_form(name: str) -> str:
    if name not in grant_forms.TITLES:
        raise Http404
    return name


@require_safe
@ability_required("grant.request")
def form_page(request: HttpRequest, uuid: UUID, form: str) -> HttpResponse:
    plan = find_plan(request, uuid)
    data = grant_forms.form_data(plan, known_form(form))
    other = next(name for name in grant_forms.TITLES if name != form)
    context = {"plan": plan, "data": data, "other": other, "other_title": grant_forms.TITLES[other]}
    return render(request, "funding/grant_form.html", context)


@require_safe
@ability_required("grant.request")
def form_export(request: HttpRequest, uuid: UUID, form: str, file_format: str) -> HttpResponse:
    """``file_format``: csv, xlsx, or json."""
    data = grant_forms.form_data(find_plan(request, uuid), known_form(form))
    if file_format in sheets.MEDIA_TYPES:
        return sheet(grant_forms.SHEET_COLUMNS, grant_forms.sheet_rows(data), file_format, f"cerfa-{form}")
    if file_format != "json":
        raise Http404
    text = json.dumps(grant_forms.as_json(data), ensure_ascii=False, indent=1)
    headers = {"Content-Disposition": f'attachment; filename="cerfa-{form}.json"'}
    return HttpResponse(text, content_type="application/json; charset=utf-8", headers=headers)
