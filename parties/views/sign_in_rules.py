"""What the territory asks of its people to sign in; and taking a lost factor off somebody's account."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import BusinessError
from parties import services
from parties.access import ability_required
from parties.actors import Actor
from parties.forms_people import SignInRuleForm
from parties.models import SignInRule
from parties.views.members import managed


@require_http_methods(["GET", "POST"])
@ability_required("sign_in.rule")
def rules(request: HttpRequest) -> HttpResponse:
    """Whether a second factor is required, since when and by whom."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    current = services.rule_of(by.territory_id)
    required = current is not None and current.second_factor
    form = SignInRuleForm(request.POST or None, initial={"second_factor": required})
    if request.method == "POST" and form.is_valid():
        services.set_sign_in_rule(second_factor=form.cleaned_data["second_factor"], by=by)
        messages.success(request, "La règle de connexion est enregistrée. Elle vaut dès maintenant.")
        return redirect("sign-in-rules")
    history = [{"title": str(r), "at": r.created_at, "by": r.by_label, "text": ""} for r in SignInRule.objects.all()]
    context = {"form": form, "history": history, "required": required}
    return render(request, "parties/sign_in_rules.html", context, status=422 if form.is_bound else 200)


@require_POST
@ability_required("member.manage")
def reset(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The person lost their device: their next sign-in asks for the password only, then for another factor."""
    row = get_object_or_404(managed(request.actor), uuid=uuid)  # type: ignore[attr-defined]
    try:
        done = services.reset_factors(membership=row, by=request.actor)  # type: ignore[attr-defined]
    except BusinessError as error:
        messages.error(request, error.message)
    else:
        said = "est retiré ; un message l'en prévient" if done else "n'était pas activé"
        messages.success(request, f"Le second facteur de {row.user.name} {said}.")
    return redirect("member", row.uuid)
