"""Forms of the signature circuit."""

from __future__ import annotations

from typing import Any

from django import forms

from conventions.models import ConventionVersion, Signatory
from core import uploads
from core.errors import BusinessError
from parties.models import Mandate
from reporting.circuit.opening import Way, usual_mode
from reporting.circuit.texts import reference_of
from reporting.enums import Mode

#: A signed document, and a scan of a whole batch.
LARGEST_SIGNED = 20 * uploads.MEGABYTE
LARGEST_SCAN = 60 * uploads.MEGABYTE


class CircuitForm(forms.Form):
    """How the signatures of a version are collected: one row of fields per signatory, then the rules of the whole."""

    in_sequence = forms.BooleanField(
        label="Signer l’un après l’autre",
        required=False,
        help_text="Sinon tout le monde est appelé en même temps. L’ordre est celui des rangs ci-dessus.",
    )
    remind_days = forms.IntegerField(
        label="Jours entre deux relances",
        min_value=0,
        max_value=90,
        initial=7,
        help_text="0 : aucune relance automatique.",
    )

    def __init__(
        self, *args: Any, signatories: list[Signatory], addresses: dict[int, str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.signatories = signatories
        known = addresses or {}
        for rank, signatory in enumerate(signatories, start=1):
            self.fields[f"mode-{signatory.uuid}"] = forms.ChoiceField(
                label="Façon de signer", choices=Mode.choices, initial=usual_mode(signatory)
            )
            self.fields[f"email-{signatory.uuid}"] = forms.EmailField(
                label="Adresse électronique", required=False, initial=known.get(signatory.mandate_id or 0, "")
            )
            self.fields[f"rank-{signatory.uuid}"] = forms.IntegerField(
                label="Rang", min_value=1, max_value=99, initial=signatory.position or rank
            )

    def rows(self) -> list[dict[str, Any]]:
        """What the page lays out, a group per signatory."""
        return [
            {
                "signatory": signatory,
                "fields": [self[f"{name}-{signatory.uuid}"] for name in ("mode", "email", "rank")],
            }
            for signatory in self.signatories
        ]

    def ways(self) -> list[Way]:
        values = self.cleaned_data
        return [
            Way(s, values[f"mode-{s.uuid}"], values[f"email-{s.uuid}"], values[f"rank-{s.uuid}"])
            for s in self.signatories
        ]


class WayForm(forms.Form):
    """Another channel or address for one signatory."""

    mode = forms.ChoiceField(label="Façon de signer", choices=Mode.choices)
    email = forms.EmailField(
        label="Adresse électronique", required=False, help_text="Une autre adresse rend le lien précédent inutilisable."
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Motif", max_length=600, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Dites pourquoi."},
    )  # fmt: skip


class SignedFileForm(forms.Form):
    file = uploads.UploadField(
        label="Document signé (PDF)", kinds=(uploads.PDF,), largest=LARGEST_SIGNED,
        error_messages={"required": "Choisissez le document signé."},
    )  # fmt: skip


class ScanForm(forms.Form):
    file = uploads.UploadField(
        label="Numérisation (PDF)", kinds=(uploads.PDF,), largest=LARGEST_SCAN,
        help_text="Un seul fichier peut contenir plusieurs conventions, pages en désordre ou tournées.",
        error_messages={"required": "Choisissez le fichier numérisé."},
    )  # fmt: skip


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Code reçu", max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": "Recopiez le code à six chiffres reçu par message."},
    )  # fmt: skip
    consent = forms.BooleanField(error_messages={"required": "Cochez la case : sans votre accord, rien n’est signé."})

    def __init__(self, *args: Any, sentence: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["consent"].label = sentence


class DelegationForm(forms.Form):
    mandate = forms.ChoiceField(label="Qui signera", error_messages={"required": "Choisissez une personne."})
    email = forms.EmailField(label="Son adresse électronique", error_messages={"required": "Indiquez son adresse."})
    reason = forms.CharField(label="Motif", max_length=400, required=False)

    def __init__(self, *args: Any, mandates: list[Mandate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mandate"].choices = [("", "Choisir…"), *((str(m.uuid), str(m)) for m in mandates)]  # type: ignore[attr-defined]


class PageForm(forms.Form):
    """What a page of a scan is, said by a person."""

    version = forms.ModelChoiceField(
        label="Convention", queryset=ConventionVersion.objects.none(), to_field_name="uuid", empty_label="Choisir…",
        error_messages={"required": "Choisissez la convention.", "invalid_choice": "Elle n’est plus à signer."},
    )  # fmt: skip
    page = forms.IntegerField(
        label="Page du document", min_value=1, error_messages={"required": "Indiquez le numéro de la page."}
    )

    def __init__(self, *args: Any, versions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["version"]
        field.queryset = versions
        field.label_from_instance = lambda v: f"{reference_of(v)}, version {v.number}"


def refuse(form: forms.Form, error: BusinessError) -> None:
    """Put a refusal beside the field it names, else above the form."""
    form.add_error(error.place if error.place in form.fields else None, error.message)
