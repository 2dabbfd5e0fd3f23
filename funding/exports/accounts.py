"""Default accounts and third-party codes of a titre: a rule table, every line of which an organisation can override.

``Organisation.finance`` of the issuer (all optional)::

    {"nomenclature": "M57" | "M14" | "M52", "collectivite": "01", "budget": "00", "service": "…", "operation": "…",
     "fonction": "4213", "chapitre": "934", "code_produit": "…",
     "comptes": {"prefecture": "74718", "<SIREN of a debtor>": "…"}, "tiers": {"<SIREN of a debtor>": "<its code>"}}

and of the debtor: ``{"code_tiers": "…", "num_engagement": "…", "code_service": "…"}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.findings import Mark
from parties.enums import OrganisationKind as Kind
from parties.models import Organisation

DEFAULT_CHART = "M57"


@dataclass(frozen=True)
class AccountRule:
    """The receipts account for what a kind of debtor pays. ``issuer``: only for this kind of issuer.

    ``mark`` U: inferred, to confirm with the comptable; it is never more than a default.
    """

    chart: str
    debtor: str
    account: str
    label: str
    mark: Mark = Mark.VERIFIED
    issuer: str = ""


def _rules(chart: str, commune_member: str, commune: str, epci: str, other: str) -> list[AccountRule]:
    social = [Kind.ARS, Kind.CAF, Kind.CPAM, Kind.CCAS, Kind.CIAS, Kind.ASSOCIATION, Kind.OTHER]
    return [
        AccountRule(chart, Kind.PREFECTURE, "74718", "Participations de l'État, autres"),
        AccountRule(chart, Kind.DEPARTEMENT, "7473", "Participations des Départements"),
        AccountRule(chart, Kind.COMMUNE, commune_member, "Communes membres", Mark.UNVERIFIED, Kind.EPCI),
        AccountRule(chart, Kind.COMMUNE, commune, "Autres communes", Mark.UNVERIFIED),
        # An EPCI paying a Département, or another EPCI, is not its "groupement de rattachement".
        AccountRule(chart, Kind.EPCI, epci, "Autres groupements", Mark.UNVERIFIED),
        *(AccountRule(chart, kind, other, "Autres organismes", Mark.UNVERIFIED) for kind in social),
    ]


#: The first line that fits wins.
RULES: tuple[AccountRule, ...] = (
    *_rules("M57", "74741", "74748", "74758", "747888"),
    *_rules("M14", "74741", "74748", "74758", "7478"),
    *_rules("M52", "7474", "7474", "7475", "74788"),
)

#: CatTiers and NatJur of PES V2 by kind of debtor. The codes are the schema's; the pairs are our reading of it, but for
#: the Département's, met in a published example.
THIRD_PARTY_CODES: dict[str, tuple[str, str]] = {
    Kind.PREFECTURE: ("20", "07"),
    Kind.DEPARTEMENT: ("22", "09"),
    Kind.COMMUNE: ("23", "09"),
    Kind.EPCI: ("24", "09"),
    Kind.CCAS: ("26", "09"),
    Kind.CIAS: ("29", "09"),
    Kind.ASSOCIATION: ("50", "06"),
    Kind.ARS: ("20", "08"),
    Kind.CAF: ("61", "11"),
    Kind.CPAM: ("61", "04"),
}


def account_rule(issuer: Organisation, debtor: Organisation) -> AccountRule | None:
    chart = str(issuer.finance.get("nomenclature") or DEFAULT_CHART)
    for rule in RULES:
        if rule.chart == chart and rule.debtor == debtor.kind and rule.issuer in ("", issuer.kind):
            return rule
    return None


def account_of(issuer: Organisation, debtor: Organisation) -> str:
    """The receipts account ("nature"): the issuer's own for this debtor or its kind, else the table's, else ""."""
    own = _mapping(issuer.finance.get("comptes"))
    chosen = own.get(debtor.siren) or own.get(debtor.kind)
    if chosen:
        return str(chosen)
    rule = account_rule(issuer, debtor)
    return rule.account if rule else ""


def third_party_code(issuer: Organisation, debtor: Organisation) -> str:
    """The debtor's code in the issuer's software; the debtor's own ``code_tiers`` when the issuer gave none."""
    own = _mapping(issuer.finance.get("tiers"))
    return str(own.get(debtor.siren) or own.get(debtor.key) or debtor.finance.get("code_tiers") or "")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
