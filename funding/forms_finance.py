"""The settings assistant's forms: one per step, built from the list of :mod:`funding.finance_settings`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from core.errors import BusinessError, Conflict
from core.findings import Mark
from core.money import euros
from funding.enums import TitreStatus
from funding.exports.accounts import RULES, THIRD_PARTY_CODES, AccountRule, account_rule, names_of
from funding.finance_settings import SETTINGS, TABLE_BY_KEY, FinanceSettings, Setting, Step
from funding.models import FundingPlan, Titre
from parties.enums import OrganisationKind
from parties.models import Organisation

UNVERIFIED = "À confirmer avec le comptable."
CATEGORIES = (
    ("20", "20 État et établissements publics nationaux"),
    ("21", "21 Régions"),
    ("22", "22 Départements"),
    ("23", "23 Communes"),
    ("24", "24 Groupements de collectivités"),
    ("25", "25 Caisses des écoles"),
    ("26", "26 CCAS"),
    ("27", "27 Établissements publics de santé"),
    ("29", "29 Autres établissements publics"),
    ("50", "50 Autres organismes sociaux"),
    ("60", "60 Personnes morales de droit privé"),
    ("61", "61 Sécurité sociale, régime général"),
    ("62", "62 Sécurité sociale, régime agricole"),
    ("65", "65 Mutuelles et assurances"),
    ("70", "70 Divers autres"),
)
LEGAL_NATURES = (
    ("03", "03 Société"),
    ("04", "04 CAM ou caisse appliquant les mêmes règles"),
    ("06", "06 Association"),
    ("07", "07 État ou organisme d'État"),
    ("08", "08 Établissement public national"),
    ("09", "09 Collectivité territoriale, établissement public local"),
    ("11", "11 CAF"),
)


@dataclass(frozen=True)
class Group:
    """Fields under one heading; ``title`` empty: the step's own."""

    title: str
    text: str
    fields: list[Any]


class StepForm(forms.Form):
    """The settings of one step. A field of a table is named ``table-line``: ``comptes-epci``, ``titres-2023``."""

    seen_at = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None, *, organisation: Organisation, step: Step) -> None:
        self.organisation, self.step = organisation, step
        self.settings = FinanceSettings(organisation.finance)
        self._groups: list[tuple[str, str, list[str]]] = []
        super().__init__(data, initial={"seen_at": organisation.updated_at.isoformat()})
        self._add_settings([setting for setting in SETTINGS if setting.step is step])
        adder = {Step.ACCOUNTS: self._add_accounts, Step.DEBTORS: self._add_debtors, Step.NUMBERS: self._add_numbers}
        if step in adder:
            adder[step]()

    @property
    def groups(self) -> list[Group]:
        return [Group(title, text, [self[name] for name in names]) for title, text, names in self._groups]

    def clean_seen_at(self) -> Any:
        text = self.cleaned_data["seen_at"]
        return parse_datetime(text) if text else None

    def given(self) -> dict[str, Any]:
        """``values`` and ``tables`` as :func:`funding.services.finance.save_finance` takes them."""
        values: dict[str, Any] = {}
        tables: dict[str, dict[str, str]] = {}
        for name, value in self.cleaned_data.items():
            table, _, line = name.partition("-")
            if line:
                tables.setdefault(table, {})[line] = value
            elif name != "seen_at":
                values[name] = value
        return {"values": values, "tables": tables, "seen_at": self.cleaned_data["seen_at"]}

    def refuse(self, error: BusinessError) -> None:
        """Show the service's refusal beside its field."""
        name = error.place.replace(".", "-", 1)
        self.add_error(name if name in self.fields else None, error.message)
        if isinstance(error, Conflict):
            # What is typed stays; saving again is a choice made knowing what changed.
            current = Organisation.objects.get(pk=self.organisation.pk)
            self.data = {**self.data.dict(), "seen_at": current.updated_at.isoformat()}  # type: ignore[attr-defined]

    # --- The fields of each step --------------------------------------------------------------------------------------

    def _add_settings(self, settings: Iterable[Setting]) -> None:
        names = []
        for setting in settings:
            self.fields[setting.key] = _field_of(setting)
            self.initial[setting.key] = self.settings.get(setting.key)
            names.append(setting.key)
        if names:
            self._groups.append(("", "", names))

    def _add_accounts(self) -> None:
        chart = self.settings.get("nomenclature")
        names = []
        for rule in _kinds_of(chart, self.organisation):
            mark = "" if rule.mark is Mark.VERIFIED else f" {UNVERIFIED}"
            names.append(
                self._text(
                    "comptes",
                    rule.debtor,
                    OrganisationKind(rule.debtor).label,
                    f"D'ordinaire {rule.account}, « {rule.label} » ({chart}).{mark}",
                    placeholder=rule.account,
                )
            )
        text = (
            f"Vide : le compte d'ordinaire en {chart}, plan de comptes développé. Si la convention prévoit un "
            "remboursement de frais ou une mise à disposition, prenez 70878 ou 70848 : ses termes décident."
        )
        self._groups.append(("", text, names))

    def _add_debtors(self) -> None:
        debtors = list(debtors_of(self.organisation))
        for debtor in debtors:
            name, usual = names_of(debtor)[0], THIRD_PARTY_CODES.get(debtor.kind, ("", ""))
            rule = account_rule(self.organisation, debtor)
            account = rule.account if rule else ""
            names = [
                self._text("tiers", name, "Code tiers dans votre logiciel", "Trente caractères."),
                self._choice("cat_tiers", name, "Catégorie (CatTiers)", CATEGORIES, usual[0]),
                self._choice("nat_jur", name, "Nature juridique (NatJur)", LEGAL_NATURES, usual[1]),
                self._text("comptes", name, "Compte, pour ce seul débiteur", "", placeholder=account),
                self._text("services_debiteurs", name, "Code service demandé", "Chorus Pro, s'il l'exige."),
                self._text("engagements_debiteurs", name, "Numéro d'engagement", "Chorus Pro, s'il l'exige."),
            ]
            self._groups.append((debtor.name, "", names))
        if not debtors:
            self._groups.append(("", "Aucun financeur ne vous doit encore de part : engagez d'abord un plan.", []))

    def _add_numbers(self) -> None:
        for year in years_of(self.organisation):
            names = [
                self._text("bordereaux", str(year), "Numéro du prochain bordereau", "Celui que donne votre logiciel."),
                self._text("titres", str(year), "Numéro du premier titre", "Les suivants se suivent."),
            ]
            self._groups.append((f"Exercice {year}", "", names))
        if self.settings.get("fipd") == "apres":
            names = [
                self._text(
                    "encaissements",
                    titre.entry_id,
                    f"{titre.debtor.label}, {titre.reference} {titre.year}, {euros(titre.amount)}",
                    "Numéro d'encaissement donné par le comptable.",
                )
                for titre in state_titres(self.organisation)
            ]
            text = "Vous émettez ces titres après le versement de l'État : chacun cite l'encaissement qu'il régularise."
            self._groups.append(("Encaissements de l'État", text if names else "Aucun titre prêt.", names))

    def _text(self, table: str, line: str, label: str, help_text: str, placeholder: str = "") -> str:
        name = f"{table}-{line}"
        attrs = {"autocomplete": "off"} | ({"placeholder": placeholder} if placeholder else {})
        self.fields[name] = forms.CharField(
            label=label, help_text=help_text, required=False, max_length=120, widget=forms.TextInput(attrs=attrs)
        )
        self.initial[name] = self.settings.entry(table, line)
        return name

    def _choice(self, table: str, line: str, label: str, choices: tuple[tuple[str, str], ...], usual: str) -> str:
        name, stored = f"{table}-{line}", self.settings.entry(table, line)
        words = dict(choices)
        empty = f"D'ordinaire : {words.get(usual, usual)}" if usual else "À choisir"
        others = [] if stored in words or not stored else [(stored, stored)]
        self.fields[name] = forms.ChoiceField(
            label=label, required=False, choices=[("", empty), *choices, *others], help_text=UNVERIFIED if usual else ""
        )
        self.initial[name] = stored
        return name


def _field_of(setting: Setting) -> forms.Field:
    help_text = setting.help
    if setting.mark is Mark.UNVERIFIED and "confirmer" not in help_text:
        help_text = f"{help_text} {UNVERIFIED}".strip()
    if setting.is_flag:
        return forms.ChoiceField(
            label=setting.label,
            choices=[("oui", "Oui"), ("non", "Non")],
            widget=forms.RadioSelect,
            help_text=help_text,
            error_messages={"required": "Répondez par oui ou par non."},
        )
    if setting.choices:
        return forms.ChoiceField(
            label=setting.label, choices=setting.choices, help_text=help_text, required=setting.choices[0][0] != ""
        )
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=setting.label, help_text=help_text, required=False, max_length=160, widget=widget)


def _kinds_of(chart: str, issuer: Organisation) -> list[AccountRule]:
    """The rule that fits each kind of debtor, one line per kind, as :func:`account_rule` would find it."""
    found: dict[str, AccountRule] = {}
    for rule in RULES:
        if rule.chart == chart and rule.issuer in ("", issuer.kind):
            found.setdefault(rule.debtor, rule)
    return list(found.values())


def debtors_of(issuer: Organisation) -> Iterable[Organisation]:
    """Who owes something to the issuer, or finances one of its plans. One query."""
    owing = Titre.objects.issued_by(issuer).order_by().values("debtor_id")
    plans = FundingPlan.objects.filter(employer=issuer)
    financing = plans.filter(shares__financer__isnull=False).order_by().values("shares__financer_id")
    found = Organisation.objects.filter(pk__in=owing) | Organisation.objects.filter(pk__in=financing)
    return [each for each in found.exclude(pk=issuer.pk).order_by("name") if each.has_legal_personality]


def years_of(issuer: Organisation) -> list[int]:
    """Exercices that may need numbers: those with titres not yet exported, those already set, this year."""
    waiting = Titre.objects.issued_by(issuer).filter(batch__isnull=True).order_by().values_list("year", flat=True)
    known = {int(year) for year in FinanceSettings(issuer.finance).table("bordereaux") if year.isdigit()}
    return sorted({*waiting, *known, timezone.localdate().year}, reverse=True)


def state_titres(issuer: Organisation) -> Iterable[Titre]:
    """Titres on the State not yet exported, which a titre "after payment" attaches to a receipt."""
    titres = Titre.objects.issued_by(issuer).filter(batch__isnull=True, status=TitreStatus.PRET)
    return titres.filter(debtor__kind=OrganisationKind.PREFECTURE).select_related("debtor")


def shown_tables(step: Step) -> list[str]:
    return [table.key for table in TABLE_BY_KEY.values() if table.step is step]
