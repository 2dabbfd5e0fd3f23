"""Forms of the pages of grants. They check the shape; services check the rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils import timezone

from core.money import euros
from funding.enums_grants import RuleKind
from funding.forms_titres import AmountField, day_input
from funding.grant_schedule import PaymentTerm
from funding.models import Grant, GrantAccount, GrantInstalment
from parties.models import Mandate


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=day_input(), **kwargs)
        self.error_messages["required"] = "Indiquez la date."
        self.error_messages["invalid"] = "Cette date n'existe pas : choisissez un jour du calendrier."


class RequestForm(forms.Form):
    requested_on = DayField(label="Demande déposée le")


class AwardForm(forms.Form):
    decision = forms.CharField(
        label="Décision d'attribution", max_length=160, help_text="Délibération, arrêté ou convention, avec son numéro."
    )
    awarded_on = DayField(label="Attribuée le")


class PaymentForm(forms.Form):
    """One payment of an instalment, as the finance software mandated it."""

    instalment = forms.ModelChoiceField(
        label="Échéance", queryset=GrantInstalment.objects.none(), to_field_name="uuid", empty_label=None
    )
    amount = AmountField(label="Montant versé (euros)")
    paid_on = DayField(label="Versé le")
    number = forms.CharField(label="Numéro de mandat", max_length=40)

    def __init__(self, *args: Any, grant: Grant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = [row for row in grant.instalments.all() if row.remaining > 0]
        field: Any = self.fields["instalment"]
        field.queryset = grant.instalments.filter(pk__in=[row.pk for row in rows])
        left = {row.pk: row.remaining for row in rows}
        field.label_from_instance = lambda row: f"{row.due_on:%d/%m/%Y} – reste {euros(left[row.pk])}"
        field.error_messages["required"] = "Choisissez l'échéance versée."
        field.error_messages["invalid_choice"] = "Cette échéance est déjà versée, ou n'est pas de cette subvention."
        if rows:
            self.fields["amount"].help_text = f"Au plus {euros(rows[0].remaining)} pour la première échéance ouverte."


class ReasonForm(forms.Form):
    reason = forms.CharField(label="Motif", max_length=300, error_messages={"required": "Indiquez le motif."})


class ReclaimForm(forms.Form):
    """Money a financer asks back."""

    amount = AmountField(label="Montant à reverser (euros)")
    due_on = DayField(label="Au plus tard le", required=False)
    reason = forms.CharField(label="Motif", max_length=300, help_text="Il est montré à l'association.")


class RepaymentForm(forms.Form):
    amount = AmountField(label="Montant reversé (euros)")
    paid_on = DayField(label="Reçu le")
    number = forms.CharField(label="Numéro de titre ou de bordereau", max_length=40, required=False)


class DeadlinesForm(forms.Form):
    request_deadline = DayField(label="Demande au plus tard le", required=False)
    budget_deadline = DayField(label="Budget prévisionnel au plus tard le", required=False)


class InstalmentForm(forms.Form):
    """One line of a schedule: a percentage, an amount, or neither for the balance. An empty line is left out."""

    due_on = DayField(label="Au plus tard le", required=False)
    percent = forms.DecimalField(
        label="Pourcentage", required=False, max_digits=7, decimal_places=4, localize=True, min_value=0, max_value=100
    )
    amount = AmountField(label="Montant (euros)", required=False)
    condition = forms.CharField(label="Condition", required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        given = any(data.get(name) not in (None, "") for name in ("percent", "amount", "condition"))
        if given and not data.get("due_on") and "due_on" not in self.errors:
            self.add_error("due_on", "Indiquez la date de cette échéance.")
        return data

    @property
    def term(self) -> PaymentTerm | None:
        data = self.cleaned_data
        if not data.get("due_on"):
            return None
        return PaymentTerm(data["due_on"], data.get("percent"), data.get("amount"), data.get("condition") or "")


ScheduleFormSet = formset_factory(InstalmentForm, extra=2, max_num=12)


class FundForm(forms.Form):
    """What was used of one financer's money in a year."""

    opening = AmountField(
        label="Report à l'ouverture (euros)", required=False, help_text="Vide : la clôture de l'exercice précédent."
    )
    used = AmountField(label="Utilisé dans l'année (euros)")
    note = forms.CharField(label="Précision", max_length=300, required=False)


class AccountForm(forms.Form):
    """The whole compte rendu: realised and explanation of each line, and the narrative."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    narrative = forms.CharField(
        label="Compte rendu qualitatif",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Ce qui a été fait, ce qui ne l'a pas été et pourquoi. Aucun nom de personne.",
    )

    def __init__(self, data: Any = None, *, account: GrantAccount) -> None:
        self.lines = list(account.lines.all())
        initial: dict[str, Any] = {"version": account.version, "narrative": account.narrative}
        for line in self.lines:
            initial[f"realised-{line.uuid}"] = "" if line.realised is None else f"{line.realised:f}".replace(".", ",")
            initial[f"explanation-{line.uuid}"] = line.explanation
        super().__init__(data, initial=initial)
        for line in self.lines:
            name = f"{line.code} {line.label}"
            self.fields[f"realised-{line.uuid}"] = AmountField(label=f"Réalisé, {name}", required=False)
            self.fields[f"explanation-{line.uuid}"] = forms.CharField(
                label=f"Explication, {name}", required=False, max_length=500
            )


class CertifyForm(forms.Form):
    """Who certifies, and when."""

    mandate = forms.ModelChoiceField(
        label="Représentant qui certifie", queryset=Mandate.objects.none(), to_field_name="uuid", empty_label="Choisir"
    )
    certified_on = DayField(label="Certifié le")
    agreed = forms.BooleanField(
        label="Le représentant certifie exactes les informations de ce compte rendu",
        error_messages={"required": "Le compte rendu part une fois certifié par le représentant."},
    )

    def __init__(self, *args: Any, account: GrantAccount, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["mandate"]
        field.queryset = Mandate.objects.filter(organisation=account.beneficiary_id).in_force_on(timezone.localdate())  # type: ignore[attr-defined]
        field.error_messages["required"] = "Choisissez le représentant : ses mandats sont dans l'annuaire."


class ReviewForm(forms.Form):
    reason = forms.CharField(
        label="Observation",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Obligatoire pour renvoyer : dites ce qui est à reprendre.",
    )


class RuleForm(forms.Form):
    kind = forms.ChoiceField(label="Règle", choices=[("", "Choisir"), *RuleKind.choices])
    value = forms.CharField(
        label="Valeur", max_length=20, help_text="Un montant (23 000), un nombre de mois (6), un jour (31/07) ou un %."
    )
    valid_from = DayField(label="À partir du")
    source = forms.CharField(label="Texte ou décision qui la fixe", max_length=240)
