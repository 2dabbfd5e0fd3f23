"""Writing an avenant: its head, and one form for each kind of change."""

from __future__ import annotations

from typing import Any

from django import forms

from conventions.enums import ChangeKind, PartyRole
from conventions.models import Avenant
from conventions.situation import Situation
from conventions.text.clauses import text_of_blocks
from core.money import euros
from funding.forms import AmountField
from funding.models import FundingPlan
from parties.models import Mandate, Organisation

from .fields import DayField, LockedForm


class AvenantForm(LockedForm):
    title = forms.CharField(
        label="Objet",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="En quelques mots : « porter la contribution du Département à 13 000 € ».",
        error_messages={"required": "Écrivez l'objet de l'avenant en quelques mots."},
    )
    effective_on = DayField(label="Prend effet le", error_messages={"required": "Indiquez la date d'effet."})
    motive = forms.CharField(
        label="Motif",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Facultatif. Une phrase, en tête du texte : « Considérant que… ».",
    )
    place = forms.CharField(label="Fait à", max_length=80, required=False)


class ChangeForm(LockedForm):
    """What every change is: ``chosen`` and ``data_to_save`` are what the service takes."""

    #: Set by each form: what the change is called at the head of its page, and how to use it.
    LEAD = ""

    def __init__(self, *args: Any, situation: Situation, avenant: Avenant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.situation, self.avenant = situation, avenant
        self.prepare()

    def prepare(self) -> None:
        """Fill the choices from the situation the avenant changes."""

    @property
    def chosen(self) -> str:
        """What is changed, as the service names it."""
        return str(self.cleaned_data.get("target", ""))

    @property
    def data_to_save(self) -> dict[str, Any]:
        return {}

    def articles_to_choose(self) -> list[tuple[str, str]]:
        """What to choose first, on a page of its own, when the form then opens on its present words."""
        return []

    def choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Choisir"), *choices]


class PeriodForm(ChangeForm):
    LEAD = "La convention est prolongée ou raccourcie."
    end = DayField(label="Nouvelle fin", error_messages={"required": "Indiquez le dernier jour de la convention."})

    @property
    def data_to_save(self) -> dict[str, Any]:
        return {"end": self.cleaned_data["end"]}


class ShareForm(ChangeForm):
    LEAD = "Un financeur paie plus, ou moins. Le total et les groupes se recalculent."
    target = forms.ChoiceField(label="Part", choices=[])
    amount = AmountField(label="Nouveau montant (€)", required=True)

    def prepare(self) -> None:
        self.choices(
            "target",
            [
                (
                    f"{plan.plan.key}/{figure.ref}",
                    f"{plan.plan.year} – {figure.label} :"
                    f" {'non chiffré' if figure.amount is None else euros(figure.amount)}",
                )
                for plan in self.situation.plans
                for figure in plan.figures
            ],
        )

    @property
    def data_to_save(self) -> dict[str, Any]:
        return {"amount": self.cleaned_data["amount"]}


class PlanForm(ChangeForm):
    LEAD = "Une année de plus, avec son plan de financement. Il est arrêté à l'approbation, engagé à la signature."
    target = forms.ChoiceField(label="Plan", choices=[])

    def prepare(self) -> None:
        posts = self.avenant.convention.posts.all()
        bound = [row.plan.pk for row in self.situation.plans]
        plans = FundingPlan.objects.filter(posts__in=posts, status__in=["projet", "arrete"]).exclude(pk__in=bound)
        self.choices("target", [(plan.key, f"{plan.label} ({plan.year})") for plan in plans.distinct()])


class PartyAddedForm(ChangeForm):
    LEAD = "Une organisation de plus s'engage. Elle signera l'avenant."
    target = forms.ChoiceField(
        label="Organisation", choices=[], help_text="Absente de la liste ? Ajoutez-la d'abord à l'annuaire."
    )
    roles = forms.MultipleChoiceField(
        label="Qualités",
        choices=PartyRole.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Dites à quel titre l'organisation devient partie."},
    )

    def prepare(self) -> None:
        self.choices("target", _others(self.situation))

    @property
    def data_to_save(self) -> dict[str, Any]:
        return {"roles": self.cleaned_data["roles"]}


class PartyReplacedForm(ChangeForm):
    LEAD = "Une organisation prend la place d'une autre : fusion, transfert de compétence. Les deux signent."
    target = forms.ChoiceField(label="Partie remplacée", choices=[])
    by = forms.ChoiceField(label="Remplacée par", choices=[])

    def prepare(self) -> None:
        self.choices("target", _bound(self.situation))
        self.choices("by", _others(self.situation))

    @property
    def data_to_save(self) -> dict[str, Any]:
        return {"by": self.cleaned_data["by"]}


class PartyRemovedForm(ChangeForm):
    LEAD = "Une organisation se retire d'un commun accord. Elle signe l'avenant qui le dit."
    target = forms.ChoiceField(label="Partie qui se retire", choices=[])

    def prepare(self) -> None:
        self.choices("target", _bound(self.situation))


class SignatoryForm(ChangeForm):
    LEAD = "Une partie change de représentant."
    representative = forms.ChoiceField(
        label="Représentant", choices=[], help_text="Seuls les mandats de l'annuaire sont proposés."
    )

    def prepare(self) -> None:
        organisations = [party.organisation for party in self.situation.parties]
        mandates = Mandate.objects.filter(organisation__in=organisations).select_related("organisation")
        named = {party.representative.pk for party in self.situation.parties if party.representative}
        self.choices(
            "representative",
            [
                (f"{m.organisation.key}/{m.key}", f"{m.organisation} – {m.person}, {m.function}")
                for m in mandates.order_by("organisation__name", "person")
                if m.pk not in named
            ],
        )

    @property
    def chosen(self) -> str:
        return str(self.cleaned_data["representative"]).split("/")[0]

    @property
    def data_to_save(self) -> dict[str, Any]:
        return {"mandate": str(self.cleaned_data["representative"]).split("/")[1]}


class ClauseReplacedForm(ChangeForm):
    LEAD = "Un article est récrit. Partez de sa rédaction en vigueur."
    target = forms.ChoiceField(label="Article", choices=[])
    title = forms.CharField(label="Nouveau titre", max_length=160, required=False, help_text="Vide : il ne change pas.")
    text = forms.CharField(
        label="Nouvelle rédaction",
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="Une ligne vide sépare les paragraphes ; « - » ouvre une liste.",
        error_messages={"required": "Écrivez la nouvelle rédaction."},
    )

    def prepare(self) -> None:
        self.choices("target", _articles(self.situation))
        chosen = str(self.initial.get("target") or "")
        article = next((row for row in self.situation.articles if row.kind == chosen and not row.removed), None)
        if article is not None and not self.is_bound and not self.initial.get("text"):
            blocks = [block for block in article.blocks if block["type"] in ("p", "ul", "ol")]
            self.initial["text"] = text_of_blocks(blocks)

    def articles_to_choose(self) -> list[tuple[str, str]]:
        return [] if self.initial.get("target") else _articles(self.situation)

    @property
    def data_to_save(self) -> dict[str, Any]:
        return {"title": self.cleaned_data["title"], "text": self.cleaned_data["text"]}


class ClauseAddedForm(ChangeForm):
    LEAD = "Un article est inséré ; les autres gardent leur numéro."
    follows = forms.ChoiceField(label="Après l'article", choices=[])
    title = forms.CharField(
        label="Titre", max_length=160, error_messages={"required": "Donnez un titre à l'article ajouté."}
    )
    text = forms.CharField(
        label="Texte",
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Une ligne vide sépare les paragraphes ; « - » ouvre une liste.",
        error_messages={"required": "Écrivez le texte de l'article."},
    )

    def prepare(self) -> None:
        self.choices("follows", _articles(self.situation))

    @property
    def data_to_save(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("follows", "title", "text")}


class ClauseRemovedForm(ChangeForm):
    LEAD = "Un article est supprimé ; les autres gardent leur numéro."
    target = forms.ChoiceField(label="Article", choices=[])

    def prepare(self) -> None:
        self.choices("target", _articles(self.situation))


class RepealForm(ChangeForm):
    LEAD = "Un avenant signé cesse de s'appliquer à la prise d'effet de celui-ci."
    target = forms.ChoiceField(label="Avenant abrogé", choices=[])

    def prepare(self) -> None:
        self.choices("target", [(str(item.avenant.number), item.label) for item in self.situation.signed])


FORMS: dict[str, type[ChangeForm]] = {
    ChangeKind.SHARE: ShareForm,
    ChangeKind.PERIOD: PeriodForm,
    ChangeKind.PLAN_ADDED: PlanForm,
    ChangeKind.PARTY_ADDED: PartyAddedForm,
    ChangeKind.PARTY_REPLACED: PartyReplacedForm,
    ChangeKind.PARTY_REMOVED: PartyRemovedForm,
    ChangeKind.SIGNATORY: SignatoryForm,
    ChangeKind.CLAUSE_REPLACED: ClauseReplacedForm,
    ChangeKind.CLAUSE_ADDED: ClauseAddedForm,
    ChangeKind.CLAUSE_REMOVED: ClauseRemovedForm,
    ChangeKind.REPEAL: RepealForm,
}


def _bound(situation: Situation) -> list[tuple[str, str]]:
    return [(party.organisation.key, str(party.organisation)) for party in situation.parties]


def _others(situation: Situation) -> list[tuple[str, str]]:
    bound = [party.organisation.pk for party in situation.parties]
    rows = Organisation.objects.filter(territory_id=situation.convention.territory_id).exclude(pk__in=bound)
    return [(row.key, str(row)) for row in rows.order_by("name")]


def _articles(situation: Situation) -> list[tuple[str, str]]:
    return [(row.kind, row.heading) for row in situation.articles if not row.removed]
