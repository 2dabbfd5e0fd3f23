"""« Vérifier un document »: for anybody, without account. Nothing of what is sent is kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from core.uploads import MEGABYTE, PDF, UploadField
from parties import throttle
from reporting.seal import Mark, read_mark
from reporting.verification import Answer, verify_file, verify_mark

LARGEST = 20 * MEGABYTE
#: Files one address may have judged: reading signatures costs the server a second.
FILES = (throttle.Limit(("address",), 60),)
#: Marks one address may look up in a minute: a batch of scanned sheets passes, guessing does not pay.
MARKS, MINUTE = 120, 60
TEMPLATE = "reporting/verify.html"


class FileForm(forms.Form):
    file = UploadField(
        kinds=(PDF,),
        largest=LARGEST,
        label="Document PDF",
        help_text=f"Le fichier tel que vous l’avez reçu, {LARGEST // MEGABYTE} Mo au plus. Imprimé puis numérisé,"
        " ce n’est plus le même fichier : servez-vous alors du code de ses pages.",
    )


class MarkForm(forms.Form):
    mark = forms.CharField(
        label="Texte du code de la page",
        max_length=300,
        strip=True,
        help_text="Ce que lit votre téléphone sur le code imprimé en bas d’une page : une adresse, ou un texte qui"
        " commence par « COSIGNE ».",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_mark(self) -> Mark:
        mark = read_mark(self.cleaned_data["mark"])
        if mark is None:
            raise forms.ValidationError("Ce n’est pas le code d’une page de convention : copiez-le en entier.")
        return mark


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """The page, and the answer for the file dropped on it."""
    if request.method != "POST":
        return _page(request, mark_form=MarkForm(request.GET if "mark" in request.GET else None))
    attempt = throttle.begin("verification", FILES, account="", address=throttle.client_address(request))
    if attempt.refused:
        return _page(request, status=429, too_many=True)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, status=422, form=form)
    answer = verify_file(form.cleaned_data["file"].read())
    return _page(request, answer=answer, filename=form.cleaned_data["file"].name)


@never_cache
@login_not_required
@require_safe
def verify_page(request: HttpRequest, version: UUID, code: str, number: int, page: int, pages: int) -> HttpResponse:
    """The answer for the mark of a page, which is a link to here."""
    if _too_fast(request):
        return _page(request, status=429, too_many=True)
    mark = Mark(version, number, page, pages, code)
    answer = verify_mark(mark)
    return _page(request, status=404 if answer.is_false else 200, answer=answer)


def _page(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    mark_form: MarkForm = context.setdefault("mark_form", MarkForm())
    if mark_form.is_bound and mark_form.is_valid():
        mark = mark_form.cleaned_data["mark"]
        return redirect("verify-page", mark.version, mark.code, mark.number, mark.page, mark.pages)
    context.setdefault("form", FileForm())
    answer: Answer | None = context.get("answer")
    if answer is not None and answer.facts is not None:
        context["state"], context["tone"] = answer.facts.state(timezone.localdate())
    if mark_form.is_bound:
        status = 422
    return render(request, TEMPLATE, context, status=status)


def _too_fast(request: HttpRequest) -> bool:
    """Counted in the cache: reading a page writes nothing in the database."""
    key = f"verification:{throttle.network(throttle.client_address(request))}"
    cache.add(key, 0, MINUTE)
    try:
        return cache.incr(key) > MARKS
    except ValueError:  # it ended between the two
        return False
