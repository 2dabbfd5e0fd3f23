"""The finance settings of an organisation: what they are, what is missing for each export format, and each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import BusinessError
from funding.finance_readiness import states_of
from funding.finance_settings import ISSUER_STEPS, SETTINGS, TABLES, FinanceSettings, Step
from funding.forms_finance import StepForm
from funding.services.finance import check_may_settle, save_finance
from parties.access import ability_required
from parties.actors import Actor
from parties.models import Organisation


@dataclass(frozen=True)
class StepLine:
    """A step on the overview: its address and what it holds in words."""

    step: Step
    url: str
    values: list[tuple[str, str]]


@require_safe
@ability_required("finance.edit")
def finance(request: HttpRequest, uuid: UUID) -> HttpResponse:
    organisation = settled_by(request, uuid)
    context = {
        "organisation": organisation,
        "states": states_of(organisation) if organisation.issues_titres else [],
        "lines": [
            StepLine(step, step_address(organisation, step), values_of(organisation, step))
            for step in steps_of(organisation)
        ],
    }
    return render(request, "funding/finance.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@ability_required("finance.edit")
def finance_step(request: HttpRequest, uuid: UUID, step: str) -> HttpResponse:
    organisation = settled_by(request, uuid)
    steps = steps_of(organisation)
    if step not in [each.value for each in steps]:
        raise Http404
    here = Step(step)
    form = StepForm(request.POST if request.method == "POST" else None, organisation=organisation, step=here)
    if request.method == "POST" and form.is_valid():
        try:
            save_finance(organisation=organisation, by=request.actor, **form.given())  # type: ignore[attr-defined]
        except BusinessError as error:
            form.refuse(error)
        else:
            messages.success(request, f"« {here.label} » : enregistré.")
            return redirect(next_address(organisation, here, steps, onward="next" in request.POST))
    context = {
        "organisation": organisation,
        "form": form,
        "step": here,
        "track": track(organisation, here, steps),
        "is_last": here is steps[-1],
    }
    return render(request, "funding/finance_step.html", context, status=422 if form.errors else 200)


def settled_by(request: HttpRequest, uuid: UUID) -> Organisation:
    """The organisation, when the person may settle it: 404 outside one's territory, 403 for another's."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    organisation: Organisation = get_object_or_404(Organisation.objects.visible_to(by), uuid=uuid)
    check_may_settle(organisation, by)
    return organisation


def steps_of(organisation: Organisation) -> list[Step]:
    return [*(ISSUER_STEPS if organisation.issues_titres else ()), Step.PAYER]


def step_address(organisation: Organisation, step: Step) -> str:
    return reverse("organisation-finance-step", args=[organisation.uuid, step.value])


def next_address(organisation: Organisation, here: Step, steps: list[Step], *, onward: bool) -> str:
    position = steps.index(here)
    if onward and position + 1 < len(steps):
        return step_address(organisation, steps[position + 1])
    return reverse("organisation-finance", args=[organisation.uuid])


def track(organisation: Organisation, here: Step, steps: list[Step]) -> list[dict[str, Any]]:
    return [
        {"label": step.label, "url": step_address(organisation, step), "active": step is here, "number": number}
        for number, step in enumerate(steps, start=1)
    ]


def values_of(organisation: Organisation, step: Step) -> list[tuple[str, str]]:
    """What the step holds, as labels and words; a table shows how many lines it has."""
    settings = FinanceSettings(organisation.finance)
    lines = []
    for setting in (each for each in SETTINGS if each.step is step):
        value = settings.get(setting.key)
        words = {"oui": "Oui", "non": "Non"} if setting.is_flag else dict(setting.choices)
        lines.append((setting.label, words.get(value, value)))
    for table in (each for each in TABLES if each.step is step):
        entries = settings.table(table.key)
        if step is Step.NUMBERS and table.key != "encaissements":
            lines += [(f"{table.label} de {year}", number) for year, number in sorted(entries.items(), reverse=True)]
        elif entries:
            lines.append((table.label, ", ".join(f"{name} : {value}" for name, value in sorted(entries.items())[:8])))
    return lines
