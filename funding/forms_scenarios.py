"""Forms of the scenarios: what to study, what to suppose."""

from __future__ import annotations

from typing import Any

from django import forms

from funding.enums import CostKind
from funding.models import FundingPlan
from funding.scenarios.assumptions import BY, COST, KEY, KINDS, LEAVES, POST, STATE, TO, Assumption
from funding.scenarios.rules import FINANCER, RULES
from parties.actors import Actor
from parties.models import Organisation
from parties.models.reference import RefEpciYear
from posts.models import Post


class ScenarioForm(forms.Form):
    """``source``: the plans of a grid (its anchor's uuid) or every plan of some years."""

    label = forms.CharField(
        label="Nom du scénario", max_length=160, help_text="Par exemple « L'État à 50 % dès 2027 »."
    )
    years = forms.MultipleChoiceField(
        label="Années étudiées", widget=forms.CheckboxSelectMultiple, error_messages={"required": "Cochez une année."}
    )
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, years: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["years"].choices = [(str(year), str(year)) for year in years]  # type: ignore[attr-defined]


class AssumptionForm(forms.Form):
    """One assumption. What each kind needs is checked together, so that every lack is told at once."""

    kind = forms.ChoiceField(label="Hypothèse", choices=list(KINDS.items()))
    from_year = forms.TypedChoiceField(label="À partir de", coerce=int, required=False, empty_value=None)
    how = forms.ChoiceField(
        label="Comment", choices=[(BY, "Varie de … %"), (TO, "Passe à …")],
        help_text="Pour la part de l'État : « passe à » un pourcentage du coût. Pour un coût : « passe à » un montant.",
    )  # fmt: skip
    rate = forms.DecimalField(
        label="Pourcentage", required=False, min_value=-100, max_value=1000, max_digits=8, decimal_places=4,
        localize=True, help_text="Avec son signe pour une variation : -10 ou 3.", widget=forms.TextInput(),
    )  # fmt: skip
    amount = forms.DecimalField(
        label="Montant annuel (euros)", required=False, min_value=0, max_digits=12, decimal_places=2, localize=True,
        help_text="Le coût de masse salariale du poste ajouté, ou le nouveau montant d'un coût.",
        widget=forms.TextInput(),
    )  # fmt: skip
    cost_kind = forms.ChoiceField(label="Coût concerné", choices=CostKind.choices, required=False)
    financer = forms.ModelChoiceField(
        label="Financeur qui s'en va", queryset=Organisation.objects.none(), required=False, empty_label="Choisir"
    )
    post = forms.ModelChoiceField(
        label="Poste ajouté", queryset=Post.objects.none(), required=False, empty_label="Choisir",
        help_text="Un poste déjà créé, que ces années ne financent pas encore.",
    )  # fmt: skip
    like = forms.ModelChoiceField(
        label="Financé comme", queryset=FundingPlan.objects.none(), required=False,
        empty_label="Le premier plan de chaque année",
    )  # fmt: skip
    vintage = forms.TypedChoiceField(label="Millésime des populations", coerce=int, required=False, empty_value=None)
    rule = forms.ChoiceField(label="Qui prend la différence", choices=list(RULES.items()))
    taker = forms.ModelChoiceField(
        label="Financeur désigné", queryset=Organisation.objects.none(), required=False, empty_label="Choisir"
    )

    def __init__(self, *args: Any, plans: list[FundingPlan], by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        payers = Organisation.objects.filter(shares__plan__in=plans).distinct().order_by("name")
        set_of: dict[str, Any] = {
            "financer": payers,
            "taker": payers,
            "post": Post.objects.visible_to(by).exclude(plans__in=plans).order_by("label"),
            "like": FundingPlan.objects.filter(pk__in=[plan.pk for plan in plans]).order_by("year", "label"),
        }
        for name, rows in set_of.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]
        years = sorted({plan.year for plan in plans})
        vintages = RefEpciYear.objects.order_by("-vintage").values_list("vintage", flat=True).distinct()
        for name, empty, values in (("from_year", "La première année", years), ("vintage", "Choisir", list(vintages))):
            self.fields[name].choices = [("", empty), *((str(v), str(v)) for v in values)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        kind, how = data.get("kind"), data.get("how")
        needed = {
            STATE: ["rate"],
            LEAVES: ["financer"],
            COST: ["amount" if how == TO else "rate"],
            POST: ["post", "amount"],
            KEY: ["vintage"],
        }.get(kind or "", [])
        if data.get("rule") == FINANCER and kind in (STATE, LEAVES, COST):
            needed.append("taker")
        for name in needed:
            if data.get(name) is None and name not in self.errors:
                self.add_error(name, "Cette hypothèse a besoin de cette valeur.")
        rate = data.get("rate")
        if kind == STATE and how == TO and rate is not None and not 0 <= rate <= 100:
            self.add_error("rate", "Une part est comprise entre 0 et 100 %.")
        return data

    def assumption(self) -> Assumption:
        """What was asked, without the values its kind does not use."""
        data = self.cleaned_data
        kind, how = data["kind"], data["how"]
        rated = kind == STATE or (kind == COST and how == BY)
        priced = kind == POST or (kind == COST and how == TO)
        ruled = kind in (STATE, LEAVES, COST)

        def pk(name: str, used: bool) -> int | None:
            return data[name].pk if used and data.get(name) else None

        return Assumption(
            kind=kind,
            how=how,
            rate=data["rate"] if rated else None,
            amount=data["amount"] if priced else None,
            financer=pk("financer", kind == LEAVES),
            post=pk("post", kind == POST),
            like=pk("like", kind == POST),
            cost_kind=data["cost_kind"] or CostKind.PAYROLL,
            vintage=data["vintage"] if kind == KEY else None,
            from_year=data["from_year"],
            rule=data["rule"] if ruled else "modes",
            taker=pk("taker", ruled and data["rule"] == FINANCER),
        )
