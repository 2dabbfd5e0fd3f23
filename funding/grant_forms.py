"""What Cosigne knows of the State's two forms for associations: 12156*06 (request), 15059*02 (compte rendu financier).

Only the data, in our own order: the forms themselves are filled on service-public.fr. Fields that hold a person's
address, telephone or bank details are never stored here: they are listed as left to the association.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from core.french import date_range
from core.sheets import Kind, SheetColumn
from funding.exports.addresses import address_of
from funding.grant_accounts import CHARGES, IN_KIND, PRODUCTS, due_date, planned_lines
from funding.grant_rules import rules_of
from funding.models import FundingPlan, GrantAccount
from parties.models import Mandate, Organisation

REQUEST = "demande"
ACCOUNT = "compte-rendu"
TITLES = {REQUEST: "Demande de subvention (Cerfa 12156*06)", ACCOUNT: "Compte rendu financier (Cerfa 15059*02)"}
TO_FILL = "à compléter par l'association"


@dataclass(frozen=True)
class FormField:
    """A box of the form. ``value`` None: Cosigne does not know it."""

    section: str
    label: str
    value: str | Decimal | dt.date | None

    @property
    def is_missing(self) -> bool:
        return self.value in (None, "")

    @property
    def is_amount(self) -> bool:
        return isinstance(self.value, Decimal)

    @property
    def is_day(self) -> bool:
        return isinstance(self.value, dt.date)


@dataclass(frozen=True)
class BudgetLine:
    """A line of the budget table; ``realised`` and ``explanation`` only in the compte rendu. Euros."""

    side: str
    code: str
    label: str
    planned: Decimal
    realised: Decimal | None = None
    explanation: str = ""


@dataclass(frozen=True)
class FormData:
    form: str
    title: str
    plan: FundingPlan
    fields: tuple[FormField, ...]
    budget: tuple[BudgetLine, ...]

    @property
    def missing(self) -> list[FormField]:
        return [field for field in self.fields if field.is_missing]

    @property
    def sections(self) -> list[tuple[str, list[FormField]]]:
        names = list(dict.fromkeys(field.section for field in self.fields))
        return [(name, [field for field in self.fields if field.section == name]) for name in names]

    def total(self, side: str) -> Decimal:
        return sum((line.planned for line in self.budget if line.side == side), Decimal(0))


def form_data(plan: FundingPlan, form: str) -> FormData:
    """The data of ``form`` for this plan's association. Raises ``LookupError`` for another form."""
    if form == REQUEST:
        return FormData(form, TITLES[form], plan, tuple(_request(plan)), tuple(_planned(plan)))
    if form == ACCOUNT:
        account = GrantAccount.objects.filter(plan=plan).prefetch_related("lines").first()
        return FormData(form, TITLES[form], plan, tuple(_account(plan, account)), tuple(_realised(plan, account)))
    raise LookupError(form)


# --- Fields -----------------------------------------------------------------------------------------------------------


def _request(plan: FundingPlan) -> Iterable[FormField]:
    posts = list(plan.posts.order_by("label", "pk"))
    before = FundingPlan.objects.filter(posts__in=posts, year=plan.year - 1).exists()
    yield FormField("Demande", "Forme", "en numéraire")
    yield FormField("Demande", "Fréquence", "renouvellement (ou poursuite)" if before else "première demande")
    yield FormField("Demande", "Objet", "projet(s)/action(s)")
    yield FormField("Demande", "Période", "annuelle ou ponctuelle")
    yield from _identity(plan.employer)
    yield from _people(plan.employer, plan.period_start)
    yield FormField("Moyens humains", "Bénévoles et adhérents", None)
    yield FormField("Moyens humains", "Salariés de l'association (nombre, ETPT)", None)
    yield FormField("Budget de l'association", "Budget prévisionnel de l'exercice", None)
    yield from _project(plan, posts)
    for payer, amount in _payers(plan):
        yield FormField("Montant demandé", payer.name, amount)
    yield FormField("Attestations", "Aides de minimis, subventions déjà perçues sur trois exercices", None)
    yield FormField("Attestations", "Relevé d'identité bancaire", None)
    yield FormField("Attestations", "Date et signature", None)


def _account(plan: FundingPlan, account: GrantAccount | None) -> Iterable[FormField]:
    yield from _identity(plan.employer)
    posts = list(plan.posts.order_by("label", "pk"))
    yield FormField("Projet", "Intitulé", plan.label)
    yield FormField("Projet", "Exercice", str(plan.year))
    yield FormField("Projet", "Période", date_range(plan.period_start, plan.period_end))
    yield FormField("Projet", "Territoire", _places(posts))
    yield FormField("Bilan qualitatif", "Mise en œuvre, écarts et bilan", account.narrative if account else None)
    yield FormField("Bilan qualitatif", "Nombre approximatif de personnes bénéficiaires", None)
    for grant in plan.grants.select_related("financer").prefetch_related("payments__reverses").order_by("pk"):
        yield FormField("Subventions reçues", grant.financer.name, grant.paid)
    yield FormField("Certification", "Représentant", account.certified_as if account else None)
    yield FormField("Certification", "Date", account.certified_on if account else None)
    yield FormField("Certification", "Règles de répartition des charges indirectes", None)


def _identity(body: Organisation) -> Iterable[FormField]:
    address = address_of(body)
    lines = ", ".join(part for part in (address.line1, address.line2, address.line3) if part)
    yield FormField("Identité", "Nom de l'association", body.name)
    yield FormField("Identité", "Sigle", body.short_name if body.short_name != body.name else None)
    yield FormField("Identité", "Statut", body.get_association_form_display() if body.association_form else None)
    yield FormField("Identité", "Objet statutaire", body.statutory_object)
    yield FormField("Identité", "Numéro SIRET", body.siret)
    yield FormField("Identité", "Numéro RNA", body.rna)
    yield FormField("Identité", "Date de déclaration en préfecture", body.declared_on)
    yield FormField("Identité", "Adresse du siège", lines or body.seat)
    yield FormField("Identité", "Code postal et commune", f"{address.postal_code} {address.city}".strip())


def _people(body: Organisation, day: dt.date) -> Iterable[FormField]:
    mandates: Any = Mandate.objects.filter(organisation=body)
    signer = mandates.in_force_on(day).order_by("pk").first()
    yield FormField("Représentant légal", "Nom et prénom", signer.person if signer else None)
    yield FormField("Représentant légal", "Fonction", signer.function if signer else None)
    yield FormField("Représentant légal", "Téléphone et courriel", None)
    yield FormField("Personne chargée de la demande", "Nom, fonction, téléphone et courriel", None)


def _project(plan: FundingPlan, posts: list[Any]) -> Iterable[FormField]:
    kinds = ", ".join(dict.fromkeys(post.get_kind_display() for post in posts))
    etp = sum((post.etp for post in posts), Decimal(0))
    yield FormField("Projet", "Intitulé", plan.label)
    yield FormField("Projet", "Objectifs", "Accueil social des personnes reçues en commissariat et en gendarmerie")
    yield FormField("Projet", "Description", f"Poste financé : {kinds}")
    yield FormField("Projet", "Bénéficiaires", None)
    yield FormField("Projet", "Territoire", _places(posts))
    yield FormField("Projet", "Moyens humains (ETPT)", f"{etp.normalize():f}".replace(".", ","))
    yield FormField("Projet", "Date ou période", date_range(plan.period_start, plan.period_end))
    yield FormField("Projet", "Évaluation et indicateurs", "Bilan annuel d'activité du dispositif")


def _places(posts: list[Any]) -> str:
    names = [unit.name for post in posts for unit in post.units.all()]
    covered = [body.name for post in posts for body in post.epcis.all()]
    return ", ".join(dict.fromkeys([*covered, *names]))


def _payers(plan: FundingPlan) -> list[tuple[Organisation, Decimal]]:
    return [(line.financer, line.planned) for line in planned_lines(plan) if line.financer is not None]


# --- Budget -----------------------------------------------------------------------------------------------------------


def side_of(code: str) -> str:
    return "charges" if code.startswith("6") or code == "86" else "produits"


def _planned(plan: FundingPlan) -> Iterable[BudgetLine]:
    for line in planned_lines(plan):
        yield BudgetLine(side_of(line.code), line.code, _label(line.code, line.label), line.planned)


def _realised(plan: FundingPlan, account: GrantAccount | None) -> Iterable[BudgetLine]:
    if account is None:
        yield from _planned(plan)
        return
    for line in account.lines.all():
        label = _label(line.code, line.label)
        yield BudgetLine(side_of(line.code), line.code, label, line.planned, line.realised, line.explanation)


def _label(code: str, label: str) -> str:
    """A financer's line says what kind of product it is."""
    known = dict((*CHARGES, *PRODUCTS, *IN_KIND))
    return f"{known[code]} : {label}" if code == "74" else label


# --- Exports ----------------------------------------------------------------------------------------------------------


def as_json(data: FormData) -> dict[str, Any]:
    """Amounts are texts with a dot, dates ISO, unknown boxes null."""
    return {
        "formulaire": "12156*06" if data.form == REQUEST else "15059*02",
        "titre": data.title,
        "exercice": data.plan.year,
        "champs": [{"rubrique": f.section, "champ": f.label, "valeur": _plain(f.value)} for f in data.fields],
        "a_completer": [f"{f.section} : {f.label}" for f in data.missing],
        "budget": [
            {
                "sens": line.side,
                "compte": line.code,
                "libelle": line.label,
                "prevu": f"{line.planned:.2f}",
                "realise": None if line.realised is None else f"{line.realised:.2f}",
                "explication": line.explanation,
            }
            for line in data.budget
        ],
        "total_charges": f"{data.total('charges'):.2f}",
        "total_produits": f"{data.total('produits'):.2f}",
        "compte_rendu_attendu_le": _account_day(data.plan).isoformat(),
        "etabli_le": timezone.localdate().isoformat(),
    }


def _account_day(plan: FundingPlan) -> dt.date:
    return due_date(plan.year, rules_of(plan.territory_id))


def _plain(value: Any) -> str | None:
    if value in (None, ""):
        return None
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


@dataclass(frozen=True)
class SheetRow:
    section: str
    label: str
    text: str
    planned: Decimal | None = None
    realised: Decimal | None = None


SHEET_COLUMNS = (
    SheetColumn("Rubrique", lambda row: row.section, width=28),
    SheetColumn("Champ", lambda row: row.label, width=52),
    SheetColumn("Valeur", lambda row: row.text, width=60),
    SheetColumn("Prévu (euros)", lambda row: row.planned, Kind.AMOUNT),
    SheetColumn("Réalisé (euros)", lambda row: row.realised, Kind.AMOUNT),
)


def sheet_rows(data: FormData) -> list[SheetRow]:
    rows = []
    for field in data.fields:
        amount = field.value if isinstance(field.value, Decimal) else None
        text = TO_FILL if field.is_missing else "" if amount is not None else str(_shown(field.value))
        rows.append(SheetRow(field.section, field.label, text, amount))
    for line in data.budget:
        side = line.side.capitalize()
        rows.append(
            SheetRow(f"Budget, {side}", f"{line.code} {line.label}", line.explanation, line.planned, line.realised)
        )
    return rows


def _shown(value: Any) -> Any:
    return f"{value:%d/%m/%Y}" if isinstance(value, dt.date) else value
