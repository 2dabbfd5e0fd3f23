"""Remarks, answers, reasons."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from conventions.enums import Anchor
from conventions.models import ApprovalRule, Convention, Party
from parties.actors import Actor
from parties.enums import OrganisationKind, Role
from parties.models import Membership

from .fields import DayField, LockedForm


class CommentForm(forms.Form):
    anchor = forms.ChoiceField(choices=Anchor.choices, widget=forms.HiddenInput)
    target = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)
    text = forms.CharField(
        label="Commentaire",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Écrivez votre commentaire."},
    )


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label="Réponse",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Écrivez votre message : dites ce qui a été fait."},
    )


class ReasonForm(LockedForm):
    reason = forms.CharField(max_length=4000, required=False)


class ApprovalRuleForm(forms.Form):
    levels = forms.TypedChoiceField(
        label="Niveaux d'approbation",
        coerce=int,
        choices=[(1, "Un niveau : une personne approuve"), (2, "Deux niveaux : un avis, puis une approbation")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez un ou deux niveaux."},
    )
    first_label = forms.CharField(
        label="Nom du premier niveau", max_length=80, required=False, help_text="Par exemple : Instructeur."
    )
    second_label = forms.CharField(
        label="Nom du second niveau",
        max_length=80,
        required=False,
        help_text="Par exemple : Chef de bureau, Secrétaire général. À remplir avec deux niveaux.",
    )
    second_users = forms.TypedMultipleChoiceField(
        label="Personnes du second niveau",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Sans choix, toute personne de la préfecture autre que celle du premier niveau.",
    )

    def __init__(self, *args: Any, rule: ApprovalRule, by: Actor, **kwargs: Any) -> None:
        initial = {name: getattr(rule, name) for name in ("levels", "first_label", "second_label", "second_users")}
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        reviewers = (
            Membership.objects.in_force_on(timezone.localdate())
            .filter(territory_id=by.territory_id, role=Role.INSTRUCTEUR)
            .select_related("user", "organisation")
            .order_by("user__name")
        )
        field = self.fields["second_users"]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(row.user_id, f"{row.user.name} ({row.organisation.label})") for row in reviewers]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("levels") == 2 and not data.get("second_label"):
            self.add_error("second_label", "Nommez le second niveau, par exemple « Chef de bureau ».")
        return data


class ReadingRequestForm(forms.Form):
    parties = forms.ModelMultipleChoiceField(
        queryset=Party.objects.none(),
        label="À qui",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins une partie."},
    )
    deadline = DayField(label="Réponse attendue avant le", required=False)
    message = forms.CharField(
        label="Message", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, convention: Convention, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["parties"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = (
            convention.parties.exclude(organisation__kind=OrganisationKind.PREFECTURE)
            .exclude(organisation=by.organisation)
            .select_related("organisation")
        )


class ReaderCommentForm(CommentForm):
    anchor = forms.ChoiceField(choices=Anchor.choices, widget=forms.HiddenInput)
    to_review = forms.BooleanField(label="Montrer aussi cette remarque à la préfecture", required=False)
