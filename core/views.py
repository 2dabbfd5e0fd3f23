"""The style page: every component of the interface on one page, for those who write pages. DEBUG and tests only."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from core.findings import Finding, Mark, Severity


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label="Nom du poste", help_text="La commune ou le service où il travaille.")
    cost = forms.DecimalField(label="Coût annuel", help_text="Salaire et charges, sans les déplacements.", min_value=0)
    start = forms.DateField(label="Début", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    kind = forms.ChoiceField(label="Employeur", choices=[("", "Choisir"), ("epci", "EPCI"), ("dep", "Département")])
    note = forms.CharField(label="Remarque", required=False, widget=forms.Textarea)
    unit = forms.ChoiceField(
        label="Service",
        help_text="Là où se tient le bureau.",
        widget=forms.RadioSelect,
        choices=[("p", "Commissariat"), ("g", "Brigade de gendarmerie")],
    )
    forces = forms.MultipleChoiceField(
        label="Forces", widget=forms.CheckboxSelectMultiple, choices=[("p", "Police"), ("g", "Gendarmerie")]
    )
    file = forms.FileField(label="Acte signé", required=False)
    sure = forms.BooleanField(label="Le poste est pourvu", required=False, help_text="Décochez si le poste est vacant.")

    def clean(self) -> dict[str, Any] | None:
        self.add_error(None, "Le plan n’est pas équilibré : il manque 10,00 €.")
        return self.cleaned_data


def _findings() -> list[Finding]:
    answer = {"reason": "L’acte arrondit à l’euro.", "by": "Mme Martin", "at": dt.date(2023, 7, 3)}
    return [
        Finding("R28", Severity.BLOCKING, "conventions[62-A16].originals", "Huit parties, sept originaux prévus.",
                "7", "8", "Règle de forme des actes à plusieurs parties", Mark.STATED, "#corriger", None, "#expliquer"),
        Finding("R12", Severity.EXPLAIN, "conventions[62-A15].plans[0]", "La part de la CAF ne suit pas sa clé.",
                "5095.00", "5106.00", "Annexe financière de la convention", Mark.VERIFIED, "", answer, "#expliquer"),
        Finding("R35", Severity.WATCH, "posts[4].occupancy", "Poste vacant de mars à mai.", source="Suivi des postes"),
    ]  # fmt: skip


def _lists() -> dict[str, Any]:
    day = dt.date(2023, 7, 3)
    today = timezone.localdate()
    explanation = {
        "formula": "Un tiers du coût, arrondi au centime.",
        "lines": [("Coût du poste", Decimal("52510")), ("Part", "1/3"), ("Montant", Decimal("17503.33"))],
        "source": "convention 62-A03, article 4",
        "changed": "Coût modifié par Mme Martin le 3 juillet 2023.",
    }
    return {
        "explanation": explanation,
        "steps": [
            {"label": "Brouillon", "state": "done", "date": day, "by": "Mme Martin"},
            {"label": "Instruction", "state": "done", "date": dt.date(2023, 9, 1), "by": "Préfecture"},
            {"label": "Approbation", "state": "current"},
            {"label": "Signature", "state": "next"},
            {"label": "En vigueur", "state": "next"},
        ],
        "tabs": [
            {"label": "Texte", "url": "#texte", "active": True},
            {"label": "Plan", "url": "#plan", "active": False},
            {"label": "Contrôles", "url": "#controles", "active": False, "count": 3},
            {"label": "Historique", "url": "#historique", "active": False},
        ],
        "events": [
            {"title": "Approuvée", "by": "Préfecture", "at": today, "tone": "success"},
            {"title": "Renvoyée", "by": "Préfecture", "at": today - dt.timedelta(days=2), "tone": "warning",
             "text": "Le nombre d’originaux ne suit pas le nombre de parties."},
            {"title": "Soumise", "by": "Mme Martin", "at": day, "icon": "send"},
        ],
        "jobs": [
            {"label": "Rendu de 15 conventions", "state": "running", "done": 6, "total": 15, "remaining": "40 s",
             "cancel_url": "#annuler"},
            {"label": "Import du dossier", "state": "done", "done": 13, "total": 13, "result_url": "#resultat"},
            {"label": "Export des titres", "state": "failed", "message": "Le fichier PES n’a pas pu être écrit."},
        ],
        "dates": [
            {"date": dt.date(2023, 9, 30), "label": "Convention 62-A03", "note": "à renouveler", "url": "#a03",
             "status": "En retard", "tone": "danger"},
            {"date": dt.date(2023, 12, 31), "label": "Fin du plan 2023"},
        ],
        "work": [
            {"title": "Signer la convention 62-A03", "url": "#a03", "text": "Trois parties sur quatre ont signé.",
             "date": dt.date(2023, 9, 30), "status": "En retard", "tone": "danger"},
            {"title": "Préparer les titres de 2023", "url": "#titres", "text": "Quatre plans engagés.",
             "amount": Decimal("49280.5")},
        ],
        "definitions": [("Employeur", "CC du Sud-Artois"), ("Coût annuel", "52 510 €"), ("Préavis", None)],
        "posts": [
            ("Arras", "CU d’Arras", Decimal("52510"), "Pourvu", "success"),
            ("Boulogne-sur-Mer", "CA du Boulonnais", Decimal("49280.5"), "Vacant", "warning"),
            ("Bapaume", "CC du Sud-Artois", Decimal("14000"), "À pourvoir", "info"),
        ],
    }  # fmt: skip


def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component with sample content; ``?erreurs=1`` shows the form as it comes back with errors."""
    form = SampleForm({"cost": "-10"} if request.GET.get("erreurs") else None)
    page = Paginator(range(1, 240), 20).get_page(request.GET.get("page"))
    context = _lists() | {"form": form, "findings": _findings(), "page_obj": page, "total": Decimal("115790.5")}
    return render(request, "ui/styleguide.html", context)
