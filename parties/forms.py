"""Forms of the sign-in, account and directory pages. They check the shape; services check the rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.db.models import Model
from django.utils.dateparse import parse_datetime

from core.errors import BusinessError, Conflict
from parties import throttle
from parties.actors import Actor
from parties.enums import AssociationForm, Capacity, LegalForm, OrganisationKind
from parties.models import Mandate, Organisation

DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class SignInForm(AuthenticationForm):
    """One message for a wrong address, a wrong password and a closed account: none can be guessed from it."""

    error_messages = {
        "invalid_login": "Adresse électronique ou mot de passe incorrect. Vérifiez-les, puis recommencez.",
        "inactive": "Adresse électronique ou mot de passe incorrect. Vérifiez-les, puis recommencez.",
    }

    throttled = "Trop d'essais depuis cet endroit ou sur ce compte. Attendez un quart d'heure avant de recommencer."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Adresse électronique"
        self.fields["username"].widget = forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
        self.fields["username"].error_messages["required"] = "Indiquez votre adresse électronique."
        self.fields["password"].error_messages["required"] = "Indiquez votre mot de passe."

    def clean_username(self) -> str:
        return str(self.cleaned_data["username"]).strip().lower()

    def clean(self) -> dict[str, Any]:
        """Counted before the password is looked at; past the limit it is not looked at, for no account."""
        account = self.cleaned_data.get("username")
        if not account or not self.cleaned_data.get("password"):
            return self.cleaned_data
        address = throttle.client_address(self.request)
        attempt = throttle.begin("sign-in", throttle.SIGN_IN, account=account, address=address)
        if attempt.refused:
            raise forms.ValidationError(self.throttled, code="throttled")
        super().clean()
        attempt.succeeded()
        return self.cleaned_data


class OwnPasswordForm(PasswordChangeForm):
    """The account page's form: the former password, then the new one twice."""

    error_messages = {
        "password_incorrect": "Ce n'est pas votre mot de passe actuel.",
        "password_mismatch": "Les deux saisies du nouveau mot de passe diffèrent.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label, help_text in (
            ("old_password", "Mot de passe actuel", ""),
            (
                "new_password1",
                "Nouveau mot de passe",
                "Douze caractères au moins, pas seulement des chiffres, ni votre nom, ni un mot de passe courant.",
            ),
            ("new_password2", "Nouveau mot de passe, une seconde fois", ""),
        ):
            self.fields[name].label, self.fields[name].help_text = label, help_text
            self.fields[name].error_messages["required"] = f"{label} : ce champ est à remplir."
        self.fields["old_password"].widget.attrs.pop("autofocus", None)


#: What is said beside a field left empty, in words that say what to write there.
MISSING = {
    "kind": "Choisissez la nature de l'organisation.",
    "name": "Indiquez le nom officiel.",
    "person": "Indiquez le prénom et le nom.",
    "gender": "Choisissez Madame ou Monsieur.",
    "function": "Indiquez la fonction.",
    "capacity": "Choisissez la qualité.",
}


class SeenAtMixin(forms.Form):
    """Carries the ``updated_at`` of what the person was shown, to refuse a save over somebody else's."""

    seen_at = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, message in MISSING.items():
            if name in self.fields:
                self.fields[name].error_messages["required"] = message

    def clean_seen_at(self) -> Any:
        text = self.cleaned_data["seen_at"]
        return parse_datetime(text) if text else None

    def refuse(self, error: BusinessError, *, current: Model | None = None) -> None:
        """Show a service's error beside its field, or on top.

        After a conflict the form is shown again with what was typed, and saving it once more is a decision: it then
        carries the date of the version that ``current`` now has.
        """
        self.add_error(error.place if error.place in self.fields else None, error.message)
        if isinstance(error, Conflict) and current is not None:
            current.refresh_from_db(fields=["updated_at"])
            data = self.data.copy()  # type: ignore[attr-defined]
            data["seen_at"] = current.updated_at.isoformat()  # type: ignore[attr-defined]
            self.data = data

    def values(self) -> dict[str, Any]:
        """What the service takes: the cleaned fields, without the form's own bookkeeping."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen_at"}


class NumberField(forms.CharField):
    """A SIREN or SIRET, typed or pasted with spaces."""

    def to_python(self, value: Any) -> str:
        return "".join(str(super().to_python(value)).split())


class OrganisationForm(SeenAtMixin):
    """Identity and addresses of an organisation."""

    kind = forms.ChoiceField(label="Nature", choices=[("", "Choisir"), *OrganisationKind.choices])
    legal_form = forms.ChoiceField(
        label="Forme juridique de l'EPCI", required=False, choices=[("", "Sans objet"), *LegalForm.choices]
    )
    name = forms.CharField(
        label="Nom officiel",
        max_length=200,
        help_text="Tel que les actes l'écrivent, sigle compris : « CC du Sud-Artois ».",
    )
    short_name = forms.CharField(
        label="Nom court", max_length=60, required=False, help_text="Pour les tableaux et les menus."
    )
    siren = NumberField(label="SIREN", required=False, help_text="Neuf chiffres ; les espaces sont acceptés.")
    siret = NumberField(
        label="SIRET", required=False, help_text="Quatorze chiffres : l'établissement qui reçoit les titres."
    )
    association_form = forms.ChoiceField(
        label="Statut de l'association",
        required=False,
        choices=[("", "Sans objet"), *AssociationForm.choices],
        help_text="Pour une association seulement, comme les trois champs suivants : pour ses demandes de subvention.",
    )
    rna = NumberField(
        label="Numéro RNA",
        required=False,
        help_text="La lettre W puis neuf caractères, sur le récépissé de déclaration.",
    )
    declared_on = forms.DateField(label="Déclarée le", required=False, widget=DATE)
    statutory_object = forms.CharField(
        label="Objet statutaire", required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    parent = forms.ModelChoiceField(
        label="Personne morale de rattachement",
        queryset=Organisation.objects.none(),
        required=False,
        empty_label="Aucune",
        help_text="Pour un service sans personnalité morale (police, gendarmerie, parquet) : l'État.",
    )
    seat = forms.CharField(
        label="Siège", max_length=240, required=False, help_text="L'adresse telle qu'elle figure dans les actes."
    )
    address1 = forms.CharField(
        label="Adresse de facturation", max_length=38, required=False, help_text="38 caractères au plus par ligne."
    )
    address2 = forms.CharField(label="Complément d'adresse", max_length=38, required=False)
    postal_code = forms.CharField(label="Code postal", max_length=5, required=False)
    city = forms.CharField(label="Ville", max_length=38, required=False)

    def __init__(self, *args: Any, by: Actor, organisation: Organisation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Organisation.objects.visible_to(by)
        self.fields["parent"].queryset = others.exclude(pk=organisation.pk) if organisation else others  # type: ignore[attr-defined]

    @classmethod
    def initial_of(cls, organisation: Organisation) -> dict[str, Any]:
        names = [name for name in cls.base_fields if name not in ("seen_at", "parent")]
        values: dict[str, Any] = {name: getattr(organisation, name) for name in names}
        return values | {"parent": organisation.parent_id, "seen_at": organisation.updated_at.isoformat()}


class MandateForm(SeenAtMixin):
    """Who may bind an organisation, under which title, from when to when."""

    person = forms.CharField(label="Prénom et nom", max_length=120, help_text="« Camille Martin ».")
    gender = forms.ChoiceField(
        label="Genre",
        choices=[("f", "Madame"), ("m", "Monsieur")],
        widget=forms.RadioSelect,
        help_text="Pour accorder les actes : « représentée par sa présidente ».",
    )
    function = forms.CharField(
        label="Fonction", max_length=200, help_text="« présidente », « maire », « préfet du Pas-de-Calais »…"
    )
    rank = forms.CharField(label="Grade", max_length=60, required=False, help_text="Gendarmerie et police seulement.")
    capacity = forms.ChoiceField(label="Qualité", choices=Capacity.choices)
    start = forms.DateField(label="Début du mandat", required=False, widget=DATE, help_text="Vide : inconnu.")
    end = forms.DateField(label="Fin du mandat", required=False, widget=DATE, help_text="Vide : en cours.")
    delegation = forms.CharField(
        label="Délégation de signature",
        max_length=200,
        required=False,
        help_text="Référence de l'arrêté, si la personne signe par délégation.",
    )

    @classmethod
    def initial_of(cls, mandate: Mandate) -> dict[str, Any]:
        values: dict[str, Any] = {name: getattr(mandate, name) for name in cls.base_fields if name != "seen_at"}
        return values | {"seen_at": mandate.updated_at.isoformat()}


class OrganisationFilter(forms.Form):
    """The filters above the directory; an unknown value filters nothing."""

    nature = forms.ChoiceField(label="Nature", required=False, choices=[("", "Toutes"), *OrganisationKind.choices])


def usual_capacity(kind: str) -> str:
    """The capacity proposed for a new mandate of an organisation of this kind."""
    if kind in (OrganisationKind.ASSOCIATION, OrganisationKind.OTHER):
        return Capacity.ASSOCIATION
    state = (
        OrganisationKind.PREFECTURE,
        OrganisationKind.POLICE,
        OrganisationKind.GENDARMERIE,
        OrganisationKind.PARQUET,
        OrganisationKind.ARS,
    )
    if kind in state:
        return Capacity.STATE
    if kind in (OrganisationKind.CAF, OrganisationKind.CPAM):
        return Capacity.ADMINISTRATIVE
    return Capacity.ELECTED
