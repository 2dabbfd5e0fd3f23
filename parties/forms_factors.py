"""Forms of the second factor: a code, a key's answer, a password given again. Each attempt is counted first."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.internal import auth as webauthn
from django import forms
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from parties import factors, throttle
from parties.models import User

THROTTLED = "Trop d'essais. Attendez un quart d'heure avant de recommencer."
WRONG_CODE = "Ce code n'est pas le bon, ou il a déjà servi. Attendez le suivant, puis recommencez."
WRONG_KEY = "La clé n'a pas répondu comme prévu. Recommencez, avec une clé enregistrée ici."
WRONG_PASSWORD = "Ce n'est pas votre mot de passe."
CODE_WIDGET = forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"})


class AttemptForm(forms.Form):
    """What proves who ``user`` is; ``proved`` is the factor used, None for a password."""

    proved: Authenticator | None = None

    def __init__(self, *args: Any, user: User, request: HttpRequest, **kwargs: Any) -> None:
        self.user, self.request = user, request
        super().__init__(*args, **kwargs)

    def counted(self) -> throttle.Attempt:
        """Count this attempt; raise when there were too many."""
        address = throttle.client_address(self.request)
        attempt = throttle.begin("second-factor", throttle.SECOND_FACTOR, account=str(self.user.pk), address=address)
        if attempt.refused:
            raise ValidationError(THROTTLED, code="throttled")
        return attempt


class CodeForm(AttemptForm):
    """A code of the application, or a recovery code."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        widget=CODE_WIDGET,
        help_text="Les six chiffres affichés par votre application, ou l'un de vos codes de secours.",
        error_messages={"required": "Écrivez le code."},
    )

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        attempt = self.counted()
        self.proved = factors.use_code(self.user, code)
        if self.proved is None:
            raise ValidationError(WRONG_CODE, code="wrong")
        attempt.succeeded()
        return code


class KeyAnswerForm(AttemptForm):
    """What a security key answered to the page's challenge."""

    credential = forms.JSONField(widget=forms.HiddenInput, error_messages={"required": WRONG_KEY, "invalid": WRONG_KEY})

    def clean_credential(self) -> Any:
        answer = self.cleaned_data["credential"]
        attempt = self.counted()
        try:
            webauthn.parse_authentication_response(answer)
            self.proved = webauthn.complete_authentication(self.user, answer)
        except (ValidationError, TypeError, ValueError, KeyError, AttributeError) as error:
            raise ValidationError(WRONG_KEY, code="wrong") from error
        attempt.succeeded()
        return answer


class PasswordForm(AttemptForm):
    """The password once more, before an act on one's own security."""

    password = forms.CharField(
        label="Mot de passe",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Indiquez votre mot de passe."},
    )

    def clean_password(self) -> str:
        attempt = self.counted()
        # Not user.check_password: it may rewrite the password's digest, under a request that has other things to do.
        if not check_password(self.cleaned_data["password"], self.user.password):
            raise ValidationError(WRONG_PASSWORD, code="wrong")
        attempt.succeeded()
        return ""


class AddAppForm(forms.Form):
    """The first code of an application that was just given the seed."""

    code = forms.CharField(
        label="Code affiché par l'application",
        max_length=20,
        widget=CODE_WIDGET,
        error_messages={"required": "Écrivez le code à six chiffres que l'application affiche."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Kept in the session between the page and its answer, the same one when the code was mistyped.
        self.secret: str = totp.get_totp_secret(regenerate=not self.is_bound)
        self.step: int | None = None

    def clean_code(self) -> str:
        self.step = factors.totp_step(self.secret, self.cleaned_data["code"])
        if self.step is None:
            raise ValidationError(
                "Ce code ne correspond pas. Vérifiez l'heure du téléphone, puis écrivez le code affiché maintenant."
            )
        return str(self.cleaned_data["code"])


class AddKeyForm(forms.Form):
    """A key's name and what it answered when it was created."""

    name = forms.CharField(
        label="Nom de la clé",
        max_length=60,
        help_text="Pour la reconnaître dans la liste, par exemple « clé du bureau » ou « téléphone ».",
        error_messages={"required": "Donnez un nom à la clé."},
    )
    credential = forms.JSONField(required=False, widget=forms.HiddenInput, error_messages={"invalid": WRONG_KEY})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        answer = cleaned.get("credential")
        if not answer:
            raise ValidationError("La clé n'a pas été lue : utilisez le bouton de la page, avec un navigateur à jour.")
        try:
            webauthn.parse_registration_response(answer)
            webauthn.complete_registration(answer)
        except (ValidationError, TypeError, ValueError, KeyError, AttributeError) as error:
            raise ValidationError(WRONG_KEY) from error
        return cleaned
