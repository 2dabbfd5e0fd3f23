"""What the link received by mail opens: no account, no territory chosen, one signature."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from core import rls
from core.errors import BusinessError
from parties.actors import Actor
from parties.throttle import client_address
from reporting.circuit import links
from reporting.circuit.acting import Signer
from reporting.circuit.answering import OVER
from reporting.circuit.files import current_file
from reporting.views_circuit.board import pdf_response
from reporting.views_circuit.signing import SigningPage

UNKNOWN = "Ce lien de signature n’est pas valable. Recopiez-le en entier depuis le message reçu."


@login_not_required
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def signing(request: HttpRequest, token: str) -> HttpResponse:
    """Its holder reads the mailbox it was sent to; what they do is written under the signatory's name."""
    link = links.read(token)
    if link is None:
        return over(request, UNKNOWN, 404)
    if link.state != "usable":
        return over(request, OVER[link.state], 410)
    agent = request.headers.get("User-Agent", "")
    signer = Signer.of_link(link, address=client_address(request), agent=agent)
    document = reverse("signing-document", args=[token])
    return SigningPage(request, link.step, signer, document, "reporting/circuit/signing.html").answer()


@login_not_required
@never_cache
@require_safe
def document(request: HttpRequest, token: str) -> HttpResponse:
    """The document with the signatures given so far, for the holder of a link in force."""
    link = links.read(token)
    if link is None or link.state != "usable":
        return over(request, UNKNOWN if link is None else OVER[link.state], 404 if link is None else 410)
    try:
        with rls.acting(Actor.system(link.territory).context):
            current = current_file(link.step.circuit.version)
    except BusinessError as error:
        return over(request, error.message, 200)
    return pdf_response(current.data, current.filename, inline=True)


def over(request: HttpRequest, reason: str, status: int) -> HttpResponse:
    return render(request, "reporting/circuit/over.html", {"reason": reason}, status=status)
