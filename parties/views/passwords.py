"""A forgotten password: asking for the mail, choosing another one. Neither page says who has an account."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods

from parties import services, throttle
from parties.forms_people import ChoosePasswordForm, ForgottenForm

SENT = (
    "Si un compte existe à cette adresse, un message vient d'y être envoyé. Ouvrez le lien qu'il contient dans les "
    "deux heures ; regardez aussi les courriers indésirables."
)


@login_not_required
@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """The same answer for every address, known or not, tried once or too often."""
    form = ForgottenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.request_password_reset(
            email=form.cleaned_data["email"],
            address=throttle.client_address(request),
            site=f"{request.scheme}://{request.get_host()}",
        )
        messages.info(request, SENT)
        return redirect("login")
    return render(request, "registration/password_forgotten.html", {"form": form}, status=422 if form.is_bound else 200)


@method_decorator(login_not_required, name="dispatch")
@method_decorator(require_http_methods(["GET", "HEAD", "POST"]), name="dispatch")
class Choose(PasswordResetConfirmView):
    """Django keeps the token in the session and takes it out of the address; every other session ends."""

    form_class = ChoosePasswordForm
    template_name = "registration/password_choose.html"
    success_url = reverse_lazy("login")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, "Votre mot de passe est changé. Connectez-vous.")
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 422
        return response
