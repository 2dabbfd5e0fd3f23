"""Pages of the territory's allocation keys: list, detail, create, change, duplicate, remove."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import BusinessError
from core.french import plural
from funding.forms import AmountField
from funding.forms_keys import DuplicateKeyForm, KeyForm, key_initial
from funding.models import AllocationKey
from funding.services import stored_keys as services
from funding.stored_keys import KeyStudy, freezing, plans_using, spec_of, study, study_of
from parties.access import ability_required
from parties.actors import Actor
from parties.enums import OrganisationKind
from parties.models import Organisation, RefEpciYear

PAGE_SIZE = 50
SORTS = {
    "libelle": ("label",),
    "base": ("basis", "label"),
    "millesime": ("vintage", "label"),
    "origine": ("source", "label"),
}


@require_GET
@ability_required("plan.edit")
def key_list(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    order = request.GET.get("tri", "")
    first, *rest = SORTS.get(order.removeprefix("-"), SORTS["libelle"])
    sign = "-" if order.startswith("-") else ""
    keys = AllocationKey.objects.visible_to(actor).with_lines().order_by(f"{sign}{first}", *rest, "pk")
    page = Paginator(keys, PAGE_SIZE).get_page(request.GET.get("page"))
    used = plans_using(page.object_list)
    rows = [{"key": key, "percents": percents_of(key), "plans": used.get(key.pk, [])} for key in page.object_list]
    count = page.paginator.count
    context = {"rows": rows, "page_obj": page, "count": f"{count} {plural(count, 'clé')}"}
    return render(request, "funding/keys.html", context)


def percents_of(key: AllocationKey) -> list[tuple[str, Any]]:
    """Each member and its percentage, from what is stored: no other query."""
    lines = list(key.lines.all())
    total = sum(line.weight for line in lines)
    return [
        (line.organisation.label, line.percent if line.percent is not None else line.weight * 100 / (total or 1))
        for line in lines
    ]


@require_GET
@ability_required("plan.edit")
def key_detail(request: HttpRequest, uuid: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    key = stored(actor, uuid)
    plans = plans_using([key]).get(key.pk, [])
    base, problem = asked_base(request)
    context = {
        "key": key,
        "study": study_of(key, base),
        "plans": plans,
        "frozen": freezing(plans),
        "base": request.GET.get("montant", ""),
        "problem": problem,
    }
    return render(request, "funding/key.html", context)


def asked_base(request: HttpRequest) -> tuple[Any, str]:
    """The amount to divide, from the address, and why it cannot be read."""
    try:
        return AmountField(required=False).clean(request.GET.get("montant", "")), ""
    except ValidationError as error:
        return None, " ".join(error.messages)


@require_http_methods(["GET", "POST"])
@ability_required("plan.edit")
def key_create(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form = KeyForm(request.POST or None, bodies=members(actor), vintages=vintages())
    if request.method != "POST" or not form.is_valid() or request.POST.get("geste") == "calculer":
        return show_form(request, form, actor)
    try:
        key = services.create_key(spec=form.spec(), by=actor)
    except BusinessError as error:
        return refused(request, form, error, actor)
    messages.success(request, "La clé est enregistrée : les blocs d'EPCI des plans peuvent la choisir.")
    return redirect(key)


@require_http_methods(["GET", "POST"])
@ability_required("plan.edit")
def key_edit(request: HttpRequest, uuid: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    key = stored(actor, uuid)
    initial = key_initial(key) | {"seen": services.stamp(key)}
    form = KeyForm(request.POST or None, bodies=members(actor, key), vintages=vintages(key), initial=initial)
    if request.method != "POST" or not form.is_valid() or request.POST.get("geste") == "calculer":
        return show_form(request, form, actor, key)
    try:
        plans = services.change_key(key=key, spec=form.spec(), seen=form.cleaned_data["seen"], by=actor)
    except BusinessError as error:
        return refused(request, form, error, actor, key)
    count = len(plans)
    followed = f" {count} {plural(count, 'plan recalculé', 'plans recalculés')} avec elle." if plans else ""
    messages.success(request, f"La clé est enregistrée.{followed}")
    return redirect(key)


def refused(
    request: HttpRequest, form: KeyForm, error: BusinessError, actor: Actor, key: AllocationKey | None = None
) -> HttpResponse:
    form.refuse(error.place, error.message)
    return show_form(request, form, actor, key)


def show_form(request: HttpRequest, form: KeyForm, actor: Actor, key: AllocationKey | None = None) -> HttpResponse:
    """The form with, once something is typed, what it gives; before and after when a key is being changed."""
    plans = plans_using([key]).get(key.pk, []) if key else []
    why_not = ""
    if key:
        try:
            services.refuse_frozen(key, plans)
        except BusinessError as error:
            why_not = error.message
    found = computed(form, actor, key)
    context = {"form": form, "key": key, "plans": plans, "why_not": why_not, "study": found}
    return render(request, "funding/key_form.html", context, status=422 if form.errors else 200)


def computed(form: KeyForm, actor: Actor, key: AllocationKey | None) -> KeyStudy | None:
    """What the typed key gives; its mistakes go on the form, so that nothing wrong is shown as a result."""
    if not form.is_bound or not form.is_valid():
        return None
    try:
        services.check_spec(form.spec(), actor.territory_id, key.pk if key else None)
    except BusinessError as error:
        form.refuse(error.place, error.message)
        return None
    return study(form.spec(), form.cleaned_data["base"])


@require_http_methods(["GET", "POST"])
@ability_required("plan.edit")
def key_duplicate(request: HttpRequest, uuid: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    key = stored(actor, uuid)
    form = DuplicateKeyForm(request.POST or None, vintages=vintages(), initial={"label": f"{key.label[:150]}, copie"})
    after = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        spec = services.for_vintage(spec_of(key), data["vintage"], data["label"])
        try:
            services.check_spec(spec, actor.territory_id)
            after = study(spec)
            if request.POST.get("geste") != "comparer":
                copy = services.duplicate_key(key=key, vintage=data["vintage"], label=data["label"], by=actor)
                messages.success(request, f"La clé de {data['vintage']} est enregistrée à côté de celle d'origine.")
                return redirect(copy)
        except BusinessError as error:
            form.add_error(error.place if error.place in form.fields else None, error.message)
    context = {"key": key, "form": form, "differences": differences(study_of(key), after), "after": after}
    return render(request, "funding/key_duplicate.html", context, status=422 if form.errors else 200)


def differences(before: KeyStudy, after: KeyStudy | None) -> list[dict[str, Any]]:
    """Member by member, what the other vintage changes."""
    if after is None:
        return []
    return [
        {
            "label": old.organisation.label,
            "before": old,
            "after": new,
            "points": new.official - old.official if new.official is not None and old.official is not None else None,
            "people": new.inhabitants - old.inhabitants if new.inhabitants and old.inhabitants else None,
        }
        for old, new in zip(before.rows, after.rows, strict=True)
    ]


@require_POST
@ability_required("plan.edit")
def key_remove(request: HttpRequest, uuid: str) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    key = stored(actor, uuid)
    try:
        services.remove_key(key=key, by=actor)
    except BusinessError as error:
        messages.error(request, error.message)
        return redirect(key)
    messages.success(request, f"La clé « {key.label} » est supprimée.")
    return redirect("allocation-keys")


def stored(actor: Actor, uuid: str) -> AllocationKey:
    return get_object_or_404(AllocationKey.objects.visible_to(actor).with_lines(), uuid=uuid)


def members(actor: Actor, key: AllocationKey | None = None) -> list[Organisation]:
    """The EPCI of the directory; a key being changed keeps the bodies it already has, of whatever kind."""
    found = {o.pk: o for o in Organisation.objects.visible_to(actor).filter(kind=OrganisationKind.EPCI)}
    if key is not None:
        found |= {line.organisation_id: line.organisation for line in key.lines.all()}
    return sorted(found.values(), key=lambda body: body.label)


def vintages(key: AllocationKey | None = None) -> set[int]:
    """Years of the reference data, and the key's own."""
    own = {key.vintage} if key is not None and key.vintage else set()
    return set(RefEpciYear.objects.vintages()) | own
