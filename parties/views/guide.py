"""The user guide (``docs/guide``) read inside the application, and the accessibility statement, which is public."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core import markdown

GUIDE = settings.BASE_DIR / "docs" / "guide"
INDEX, STATEMENT = "index", "accessibilite"
#: Pages in the order they are read, with the name they go by in lists.
PAGES: dict[str, str] = {
    INDEX: "Guide",
    "gestionnaire": "Gestionnaire",
    "instructeur": "Instructeur",
    "finances": "Finances",
    "partenaire": "Partenaire",
    "employeur": "Employeur",
    "national": "Observatoire national",
    "plateforme": "Plateforme",
    "pilotage": "Le pilotage",
    "signature": "Les signatures",
    "compte": "Votre compte",
    "modeles": "Les modèles de convention",
    "calculs": "Les calculs",
    "controles": "Les contrôles",
    "calendrier": "Le calendrier",
    "tableau": "Le tableau pluriannuel",
    "verification": "Vérifier un document",
    "dossier": "Le dossier",
    STATEMENT: "L'accessibilité",
}


@require_safe
def guide(request: HttpRequest, page: str) -> HttpResponse:
    return shown(request, page)


@require_safe
@login_not_required
def accessibility(request: HttpRequest) -> HttpResponse:
    """What is checked and what is not: everyone may read it, signed in or not."""
    return shown(request, STATEMENT)


def shown(request: HttpRequest, name: str) -> HttpResponse:
    source = GUIDE / f"{name}.md"
    if name not in PAGES or not source.is_file():
        raise Http404("Cette page du guide n'existe pas.")
    context = {"page": markdown.render(source.read_text(encoding="utf-8"), address), "current": name, "pages": PAGES}
    return render(request, "guide.html", context)


def address(link: str) -> str:
    """« calculs.md » is the page of that name here; any other address is left alone."""
    name, _, anchor = link.partition("#")
    if not name.endswith(".md"):
        return link
    name = name.removesuffix(".md")
    url = reverse("accessibility") if name == STATEMENT else reverse("guide", args=[name])
    return f"{url}#{anchor}" if anchor else url
