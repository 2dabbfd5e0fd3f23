"""The user guide (``docs/guide``) read inside the application, by anybody: it says nothing of anybody."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from parties.guide import PAGES, STATEMENT, search_guide, shown


@require_safe
@login_not_required
def guide(request: HttpRequest, page: str) -> HttpResponse:
    """A page of the guide; ``?q=`` searches the whole guide. Public: signing by a link, one may ask for help too."""
    return page_of(request, page)


@require_safe
@login_not_required
def accessibility(request: HttpRequest) -> HttpResponse:
    """What is checked and what is not: everyone may read it, signed in or not."""
    return page_of(request, STATEMENT)


def page_of(request: HttpRequest, name: str) -> HttpResponse:
    try:
        page = shown(name)
    except LookupError as error:
        raise Http404("Cette page du guide n'existe pas.") from error
    asked = request.GET.get("q", "")[:200].strip()
    context = {"page": page, "current": name, "pages": PAGES, "asked": asked, "found": search_guide(asked)}
    return render(request, "guide.html", context)
