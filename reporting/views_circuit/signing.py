"""The page on which somebody signs: the same for the holder of a link and for a member of the organisation."""

from __future__ import annotations

import uuid as uuidlib
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from conventions.views.common import find
from core import rls
from core.errors import BusinessError, NotAllowed
from core.money import euros
from parties.access import ActorRequest, member_required
from parties.actors import Actor
from parties.models import Organisation
from parties.throttle import client_address
from reporting.circuit import answering, bringing
from reporting.circuit.acting import Signer, why_not
from reporting.circuit.mails import live_link
from reporting.circuit.record import LEVELS
from reporting.circuit.texts import query_of, reference_of, subject_of
from reporting.enums import Mode
from reporting.forms_circuit import CodeForm, DelegationForm, ReasonForm, SignedFileForm, refuse
from reporting.models import SignatureStep
from reporting.views_circuit.board import find_line


@dataclass
class SigningPage:
    """One visit: whose signature, who asks, where its pages are."""

    request: HttpRequest
    step: SignatureStep
    signer: Signer
    document_url: str
    template: str
    extra: dict[str, Any] = field(default_factory=dict)

    def answer(self) -> HttpResponse:
        """Show the page, or do what was posted (field ``acte``)."""
        if self.request.method != "POST":
            return self.show()
        done: dict[str, Callable[[], HttpResponse]] = {
            "code": self._send_code,
            "signer": self._sign,
            "deposer": self._bring,
            "refuser": self._refuse,
            "deleguer": self._delegate,
        }
        act = done.get(self.request.POST.get("acte", ""))
        if act is None:
            raise Http404("Acte inconnu.")
        return act()

    # --- Acts ---------------------------------------------------------------------------------------------------------

    def _send_code(self) -> HttpResponse:
        try:
            with transaction.atomic():
                code = answering.send_one_time_code(step=self.step, signer=self.signer)
        except BusinessError as error:
            return self._refused(error)
        messages.success(
            self.request, f"Un code est parti à {code.email}. Il sert pendant {answering.CODE_MINUTES} minutes."
        )
        return redirect(f"{self.request.path}#signer")

    def _sign(self) -> HttpResponse:
        form = self._code_form(self.request.POST)
        if not form.is_valid():
            return self.show(code_form=form, status=422)
        values = form.cleaned_data
        try:
            # No transaction around: a wrong try must be counted even though it is refused.
            answering.sign_by_code(step=self.step, signer=self.signer, code=values["code"], consent=values["consent"])
        except NotAllowed as error:
            raise PermissionDenied(error.message) from error
        except BusinessError as error:
            refuse(form, error)
            return self.show(code_form=form, status=422)
        return self._thanks("Votre signature est enregistrée. Un message vous en donne la preuve.")

    def _bring(self) -> HttpResponse:
        form = SignedFileForm(self.request.POST, self.request.FILES)
        if form.is_valid():
            data = form.cleaned_data["file"].read()
            if self._tried(form, lambda: bringing.bring_as_signer(step=self.step, signer=self.signer, data=data)):
                return self._thanks("Le document signé est vérifié et conservé : votre signature est enregistrée.")
        return self.show(file_form=form, status=422)

    def _refuse(self) -> HttpResponse:
        form = ReasonForm(self.request.POST)
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            if self._tried(form, lambda: answering.refuse(step=self.step, signer=self.signer, reason=reason)):
                return self._thanks("Votre refus est enregistré et transmis ; plus rien ne vous sera demandé d’ici là.")
        return self.show(reason_form=form, status=422)

    def _delegate(self) -> HttpResponse:
        form = self._delegation_form(self.request.POST)
        if form.is_valid():
            values = form.cleaned_data
            if self._tried(form, lambda: answering.ask_delegation(step=self.step, signer=self.signer, **values)):
                return self._thanks(
                    "Votre demande est transmise : une fois confirmée, la personne désignée recevra son lien."
                )
        return self.show(delegation_form=form, status=422)

    def _tried(self, form: forms.Form, do: Callable[[], object]) -> bool:
        try:
            with transaction.atomic():
                do()
        except NotAllowed as error:
            raise PermissionDenied(error.message) from error
        except BusinessError as error:
            refuse(form, error)
            return False
        return True

    def _thanks(self, words: str) -> HttpResponse:
        messages.success(self.request, words)
        return redirect(self.request.path)

    def _refused(self, error: BusinessError) -> HttpResponse:
        if isinstance(error, NotAllowed):
            raise PermissionDenied(error.message) from error
        messages.error(self.request, error.message)
        return redirect(self.request.path)

    # --- What is shown ------------------------------------------------------------------------------------------------

    def show(self, status: int = 200, **bound: forms.Form) -> HttpResponse:
        with rls.acting(Actor.system(self.step.territory).context):
            context = self._context(bound)
        return render(self.request, self.template, context, status=status)

    def _context(self, bound: dict[str, forms.Form]) -> dict[str, Any]:
        step = self.step
        closed = why_not(step)
        code = step.codes.filter(used_at__isnull=True, expires_at__gt=timezone.now()).first()
        link = live_link(step)
        return {
            "step": step,
            "reference": reference_of(step.circuit.version),
            "title": subject_of(step.circuit.version).title,
            "version": step.circuit.version,
            "content": step.circuit.version.content,
            "figures": key_figures(step),
            "closed": closed,
            "waits": closed and step.signed_at is None,
            "evidence": step.evidence.first(),
            "code_sent": code,
            "held": step.circuit.held_since,
            "email": link.email if link else "",
            "level": LEVELS[Mode(step.mode)],
            "asked": step.delegations.filter(decided_at__isnull=True).select_related("to_mandate").first(),
            "document_url": self.document_url,
            "code_form": bound.get("code_form") or self._code_form(None),
            "file_form": bound.get("file_form") or SignedFileForm(),
            "reason_form": bound.get("reason_form") or ReasonForm(auto_id="refus-%s"),
            "delegation_form": bound.get("delegation_form") or self._delegation_form(None),
            "opened": next(iter(bound), ""),
            **self.extra,
        }

    def _code_form(self, data: Any) -> CodeForm:
        with rls.acting(Actor.system(self.step.territory).context):
            link = live_link(self.step)
            sentence = answering.consent_text(self.step, link.email if link else "")
        return CodeForm(data, sentence=sentence)

    def _delegation_form(self, data: Any) -> DelegationForm:
        with rls.acting(Actor.system(self.step.territory).context):
            mandates = answering.may_sign_instead(self.step, timezone.localdate())
        return DelegationForm(data, mandates=mandates, auto_id="delegation-%s")


def key_figures(step: SignatureStep) -> list[dict[str, Any]]:
    """What the version being signed makes each body pay, from its frozen figures; the signer's own body marked."""
    plans = step.circuit.version.content.get("figures", [])
    lines = [(plan.get("year"), line) for plan in plans for line in plan.get("lines", []) if line.get("amount")]
    keys = {line["financer"] for _year, line in lines if line.get("financer")}
    names = dict(Organisation.objects.filter(territory_id=step.territory_id, key__in=keys).values_list("key", "name"))
    return [
        {
            "year": year,
            "label": names.get(line.get("financer", ""), line.get("ref", "")),
            "amount": euros(Decimal(line["amount"])),
            "mine": bool(line.get("financer")) and line["financer"] == step.organisation.key,
        }
        for year, line in lines
    ]


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@member_required
def countersign(request: ActorRequest, uuid: uuidlib.UUID, signatory: uuidlib.UUID) -> HttpResponse:
    """Signing in the product, for somebody of the organisation."""
    convention = find(uuid)
    step = find_line(request, convention, signatory).step
    agent = request.headers.get("User-Agent", "")
    try:
        signer = Signer.of_member(request.actor, step, address=client_address(request), agent=agent)
    except NotAllowed as error:
        raise PermissionDenied(error.message) from error
    version = step.circuit.version
    document = reverse("convention-circuit-file", args=[convention.uuid]) + query_of(version)
    return SigningPage(request, step, signer, document, "reporting/circuit/countersign.html").answer()
