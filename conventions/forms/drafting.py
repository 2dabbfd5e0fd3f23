"""Preparing a convention, changing its heading, renewing it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet

from conventions.enums import Family, Status
from conventions.models import Convention, ConventionPlan, Template
from core.french.dates import date_range
from funding.enums import PlanStatus
from funding.models import FundingPlan
from parties.actors import Actor

from .fields import DayField, LinesField, LockedForm


class PlanChoice(forms.ModelMultipleChoiceField):
    """Plans by label, employer and period, saying which convention already takes each."""

    def label_from_instance(self, obj: Any) -> str:
        text = f"{obj.label} – {obj.employer.label}, {date_range(obj.period_start, obj.period_end)}"
        links = [link.convention for link in obj.convention_plans.all()]
        taken = ", ".join(c.reference for c in links if c.status != Status.ABANDONNEE)
        return f"{text} (déjà dans {taken})" if taken else text


def open_plans(by: Actor) -> QuerySet[FundingPlan]:
    """Plans a convention may still take: not yet committed; first those no live convention takes."""
    live = ConventionPlan.objects.filter(plan=OuterRef("pk")).exclude(convention__status=Status.ABANDONNEE)
    return (
        FundingPlan.objects.filter(territory_id=by.territory_id, status__in=[PlanStatus.PROJET, PlanStatus.ARRETE])
        .select_related("employer")
        .prefetch_related("convention_plans__convention")
        .annotate(taken=Exists(live))
        .order_by("taken", "-year", "label")
    )


class PeriodForm(forms.Form):
    """What a new agreement always says: its reference, the plans it makes binding, its period."""

    reference = forms.CharField(
        label="Référence", max_length=40, help_text="Elle figure sur l'acte et sur les titres ; proposée, modifiable."
    )
    plans = PlanChoice(
        queryset=FundingPlan.objects.none(),
        label="Plans de financement",
        widget=forms.CheckboxSelectMultiple,
        help_text="Un plan par poste et par année. Ils donnent les parties, les montants et les postes.",
        error_messages={"required": "Choisissez au moins un plan de financement."},
    )
    period_start = DayField(label="Prend effet le", required=True)
    period_end = DayField(label="Prend fin le", required=True)

    SEVERAL_EMPLOYERS = "Ces plans n'ont pas le même employeur : faites une convention par employeur."

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["plans"]
        assert isinstance(field, PlanChoice)
        field.queryset = open_plans(by)
        self.by = by

    @property
    def has_plans(self) -> bool:
        field = self.fields["plans"]
        assert isinstance(field, PlanChoice)
        return field.queryset is not None and field.queryset.exists()

    def clean_reference(self) -> str:
        reference: str = self.cleaned_data["reference"].strip()
        if Convention.objects.filter(territory_id=self.by.territory_id, reference=reference).exists():
            raise forms.ValidationError(f"La référence {reference} est déjà prise : choisissez-en une autre.")
        return reference

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("period_start"), data.get("period_end")
        if start and end and end < start:
            self.add_error("period_end", "La fin de la convention précède sa prise d'effet.")
        for plan in data.get("plans") or []:
            if start and end and (plan.period_start < start or plan.period_end > end):
                period = date_range(plan.period_start, plan.period_end)
                self.add_error(
                    "plans",
                    f"Le plan « {plan.label} » court {period} : la période de la convention doit le contenir.",
                )
        if len({plan.employer_id for plan in data.get("plans") or []}) > 1 and data.get("family") != Family.F4:
            self.add_error("plans", self.SEVERAL_EMPLOYERS)
        return data


class CreateForm(PeriodForm):
    SEVERAL_EMPLOYERS = (
        "Ces plans n'ont pas le même employeur : faites une convention par employeur, ou choisissez la famille F4, qui"
        " réunit tous les postes d'un dispositif."
    )

    family = forms.ChoiceField(
        label="Famille de modèle",
        required=False,
        choices=[("", "Selon l'employeur du poste"), *Family.choices],
        help_text="Choisissez-la pour un dispositif départemental, une attribution à deux ou un partenariat national.",
    )
    place = forms.CharField(label="Fait à", max_length=80, required=False)
    notice_months = forms.IntegerField(
        label="Préavis de dénonciation (mois)", min_value=1, max_value=24, required=False, initial=3
    )
    is_renewal = forms.BooleanField(
        label="La convention reconduit un poste existant",
        required=False,
        help_text="Décochez si elle crée le poste : le texte le dira.",
    )


class RenewForm(PeriodForm):
    """The text, the parties and the notice follow the former convention."""


def proposal(plans: list[FundingPlan], today: dt.date) -> dict[str, Any]:
    """The period to propose: that of the plans chosen, else the coming year's."""
    if plans:
        start, end = min(p.period_start for p in plans), max(p.period_end for p in plans)
    else:
        start, end = dt.date(today.year, 1, 1), dt.date(today.year, 12, 31)
    return {"plans": plans, "period_start": start, "period_end": end}


def renewal_plans(convention: Convention, by: Actor) -> list[FundingPlan]:
    """The later plans of the same posts that no other live convention takes."""
    taken = ConventionPlan.objects.exclude(convention__status=Status.ABANDONNEE).values("plan_id")
    posts = convention.posts.values("pk")
    later = open_plans(by).filter(posts__in=posts, period_start__gt=convention.period_end).exclude(pk__in=taken)
    return list(later.filter(~Q(employer__isnull=True)).distinct().order_by("year", "pk"))


class HeadForm(LockedForm):
    """The heading of a draft and the few values its clauses name."""

    title = forms.CharField(label="Intitulé", widget=forms.Textarea(attrs={"rows": 2}))
    template = forms.ModelChoiceField(
        queryset=Template.objects.none(),
        label="Modèle de texte",
        empty_label=None,
        help_text="Les clauses adaptées ici le restent quand le modèle change de version.",
    )
    period_start = DayField(label="Prend effet le")
    period_end = DayField(label="Prend fin le")
    place = forms.CharField(label="Fait à", max_length=80, required=False)
    notice_months = forms.IntegerField(
        label="Préavis de dénonciation (mois)", min_value=1, max_value=24, required=False
    )
    notice_form = forms.CharField(
        label="Forme de la dénonciation",
        max_length=240,
        required=False,
        help_text="Vide : par lettre recommandée avec demande d'avis de réception.",
    )
    is_renewal = forms.BooleanField(label="La convention reconduit un poste existant", required=False)
    base = forms.CharField(
        label="Lieu principal d'exercice",
        max_length=200,
        required=False,
        help_text="Avec l'article : « la brigade de Bapaume ». Vide : la première unité du poste.",
    )
    tribunal = forms.CharField(
        label="Tribunal compétent",
        max_length=120,
        required=False,
        help_text="Vide : celui du territoire.",
    )
    committee_name = forms.CharField(label="Nom du comité", max_length=120, required=False)
    committee_members = LinesField(
        label="Membres du comité",
        required=False,
        help_text="Un par ligne, avec l'article : « le Département ». Vide : les parties.",
    )
    reports = LinesField(
        label="Comptes rendus attendus",
        required=False,
        help_text="Un par ligne : « une synthèse trimestrielle ».",
    )
    budget_deadline = DayField(label="Budget prévisionnel transmis avant le", required=False)
    payment_deadline = DayField(label="Versement avant le", required=False)
    software = forms.CharField(
        label="Logiciel contenant des données personnelles",
        max_length=120,
        required=False,
        help_text="S'il y en a un, la clause de protection des données devient obligatoire.",
    )
    board_seats = forms.IntegerField(
        label="Sièges réservés aux financeurs",
        min_value=1,
        max_value=50,
        required=False,
        help_text="Au conseil d'administration de l'association, pour un partenariat national (F6).",
    )
    annexes = LinesField(label="Annexes", required=False, help_text="Un titre par ligne, dans l'ordre.")
    tacit_months = forms.IntegerField(
        label="Renouvellement tacite : durée de chaque période (mois)",
        min_value=1,
        max_value=60,
        required=False,
        help_text="Vide : la convention ne se renouvelle que par un nouvel acte.",
    )
    tacit_limit = forms.IntegerField(
        label="Nombre de renouvellements au plus",
        min_value=1,
        max_value=20,
        required=False,
        help_text="Vide : sans limite.",
    )

    def __init__(self, *args: Any, convention: Convention, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("months", "limit"):
            self.initial.setdefault(f"tacit_{name}", (convention.variables.get("tacit_renewal") or {}).get(name))
        field = self.fields["template"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Template.objects.published().filter(family=convention.family).own_first()
        if not field.queryset.exists():
            # A bipartite attribution has no model of its own: its parent carries the text.
            del self.fields["template"]

    #: What was saved when the page was opened: tells what the person changed from what somebody else did since.
    opened = forms.JSONField(widget=forms.HiddenInput, required=False)

    VARIABLES = ("base", "tribunal", "reports", "software", "board_seats", "annexes")

    @classmethod
    def initial_for(cls, convention: Convention) -> dict[str, Any]:
        typed = convention.variables
        committee = typed.get("committee") or {}
        head = (
            "title",
            "template",
            "period_start",
            "period_end",
            "place",
            "notice_months",
            "notice_form",
            "is_renewal",
            "lock_version",
        )
        values = (
            {name: getattr(convention, name) for name in head}
            | {name: typed.get(name) for name in cls.VARIABLES}
            | {"committee_name": committee.get("name"), "committee_members": committee.get("members")}
            | {name: _day(typed.get(name)) for name in ("budget_deadline", "payment_deadline")}
        )
        opened = {name: sent_as(value) for name, value in values.items() if name != "lock_version"}
        return values | {"opened": opened}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("period_start"), data.get("period_end")
        if start and end and end < start:
            self.add_error("period_end", "La fin de la convention précède sa prise d'effet.")
        return data

    def changes(self, convention: Convention) -> dict[str, Any]:
        """What the service takes. Variables this form does not know are kept."""
        data = self.cleaned_data
        variables = dict(convention.variables)
        committee = {"name": data["committee_name"], "members": data["committee_members"]}
        typed = {name: data[name] for name in self.VARIABLES} | {
            "committee": {key: value for key, value in committee.items() if value},
            "budget_deadline": data["budget_deadline"].isoformat() if data["budget_deadline"] else "",
            "payment_deadline": data["payment_deadline"].isoformat() if data["payment_deadline"] else "",
        }
        tacit = {"months": data["tacit_months"], "limit": data["tacit_limit"]}
        former = variables.get("tacit_renewal") or {}
        typed["tacit_renewal"] = {**former, **tacit} if data["tacit_months"] else {}
        for name, value in typed.items():
            if value:
                variables[name] = value
            else:
                variables.pop(name, None)
        head = (
            "title",
            "template",
            "period_start",
            "period_end",
            "place",
            "notice_months",
            "notice_form",
            "is_renewal",
        )
        return {name: data[name] for name in head if name in data} | {"variables": variables}


def sent_as(value: Any) -> str:
    """A value as its field sends it; "" for nothing and for a box that is not ticked."""
    if value is None or value is False:
        return ""
    if value is True:
        return "on"
    if isinstance(value, list):
        return "\n".join(str(item) for item in value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(getattr(value, "pk", value)).replace("\r\n", "\n")


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
