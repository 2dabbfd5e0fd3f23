"""Forms about people's access: inviting, changing, answering an invitation, choosing another password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm, SetPasswordMixin
from django.utils import timezone

from parties.actors import Actor
from parties.enums import Role
from parties.forms import DATE, SeenAtMixin
from parties.models import Membership, Organisation, User
from parties.services.members import assignable_roles

PASSWORD_HELP = "Douze caractères au moins, pas seulement des chiffres, ni votre nom, ni un mot de passe courant."
ADMIN_LABEL = "Peut inviter et gérer les membres de son organisation"


class MemberFilter(forms.Form):
    """The filters above the members; an unknown value filters nothing."""

    role = forms.ChoiceField(label="Rôle", required=False, choices=[("", "Tous"), *Role.choices])
    etat = forms.ChoiceField(
        label="État", required=False, choices=[("", "En cours"), ("clos", "Terminés"), ("tous", "Tous")]
    )


class InvitationForm(SeenAtMixin):
    """Whom to invite, for which organisation, in which role."""

    email = forms.EmailField(
        label="Adresse électronique",
        max_length=254,
        help_text="Le message d'invitation y est envoyé. Il peut être accepté pendant quatorze jours.",
        error_messages={
            "required": "Indiquez l'adresse électronique de la personne.",
            "invalid": "Cette adresse électronique n'est pas complète : « prenom.nom@organisme.fr ».",
        },
    )
    organisation = forms.ModelChoiceField(
        label="Organisation",
        queryset=Organisation.objects.none(),
        empty_label="Choisir",
        error_messages={
            "required": "Choisissez l'organisation pour laquelle la personne agira.",
            "invalid_choice": "Choisissez une organisation de la liste.",
        },
    )
    role = forms.ChoiceField(
        label="Rôle",
        error_messages={
            "required": "Choisissez un rôle.",
            "invalid_choice": "Choisissez un rôle de la liste.",
        },
    )
    is_admin = forms.BooleanField(label=ADMIN_LABEL, required=False)

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisations = Organisation.objects.visible_to(by)
        if not by.is_staff:
            organisations = organisations.filter(pk=by.organisation.pk) if by.organisation else organisations.none()
            self.fields["organisation"].initial = by.organisation
        self.fields["organisation"].queryset = organisations  # type: ignore[attr-defined]
        roles = Role if by.is_staff or by.organisation is None else assignable_roles(by, by.organisation)
        self.fields["role"].choices = [("", "Choisir"), *((r.value, r.label) for r in roles)]  # type: ignore[attr-defined]


class MembershipForm(SeenAtMixin):
    """What may change about somebody's access."""

    role = forms.ChoiceField(label="Rôle")
    end = forms.DateField(
        label="Dernier jour",
        required=False,
        widget=DATE,
        help_text="Vide : sans date de fin.",
        error_messages={"invalid": "Cette date n'existe pas. Écrivez-la sous la forme 31/12/2026."},
    )
    is_admin = forms.BooleanField(label=ADMIN_LABEL, required=False)

    def __init__(self, *args: Any, by: Actor, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = assignable_roles(by, membership.organisation)
        choices = [(r.value, r.label) for r in roles]
        if membership.role not in roles:  # a role given before the organisation's nature was corrected
            choices.insert(0, (membership.role, membership.get_role_display()))
        self.fields["role"].choices = choices  # type: ignore[attr-defined]
        self.fields["end"].widget.attrs["min"] = timezone.localdate().isoformat()

    @classmethod
    def initial_of(cls, membership: Membership) -> dict[str, Any]:
        return {
            "role": membership.role,
            "end": membership.end,
            "is_admin": membership.is_admin,
            "seen_at": membership.updated_at.isoformat(),
        }


def word_passwords(form: forms.BaseForm) -> None:
    """Our words for a password chosen twice."""
    for name, label, help_text, missing in (
        ("new_password1", "Mot de passe", PASSWORD_HELP, "Choisissez un mot de passe."),
        ("new_password2", "Mot de passe, une seconde fois", "", "Écrivez-le de nouveau."),
    ):
        form.fields[name].label, form.fields[name].help_text = label, help_text
        form.fields[name].error_messages["required"] = missing
        form.fields[name].widget.attrs.pop("autofocus", None)


class ChoosePasswordForm(SetPasswordForm):
    """After the mail of a forgotten password."""

    error_messages = {"password_mismatch": "Les deux saisies du mot de passe diffèrent."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        word_passwords(self)


class AcceptForm(SetPasswordMixin, forms.Form):
    """A newcomer's name and password, checked by the site's rules."""

    error_messages = {"password_mismatch": "Les deux saisies du mot de passe diffèrent."}

    name = forms.CharField(
        label="Prénom et nom",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Indiquez votre prénom et votre nom."},
    )
    new_password1, new_password2 = SetPasswordMixin.create_password_fields()

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        self.email = email
        super().__init__(*args, **kwargs)
        word_passwords(self)

    def clean(self) -> dict[str, Any]:
        self.validate_passwords("new_password1", "new_password2")
        person = User(email=self.email, name=self.cleaned_data.get("name", ""))
        self.validate_password_for_user(person, "new_password2")
        return self.cleaned_data


class SignInRuleForm(forms.Form):
    """What the territory asks of everybody who signs in."""

    second_factor = forms.BooleanField(
        label="Exiger un second facteur de toutes les personnes du territoire",
        required=False,
        help_text="Qui n'en a pas encore devra en ajouter un avant toute autre chose, dès sa prochaine page.",
    )


class ForgottenForm(forms.Form):
    """Whose password is forgotten."""

    email = forms.EmailField(
        label="Adresse électronique",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        error_messages={
            "required": "Indiquez votre adresse électronique.",
            "invalid": "Cette adresse électronique n'est pas complète : « prenom.nom@organisme.fr ».",
        },
    )
