"""Default accounts and third-party codes of a titre: a rule table, every line of which an organisation can override.

What an organisation overrides is in ``Organisation.finance`` (:mod:`funding.finance_settings`): by kind of debtor, or
for one debtor, named by its SIREN, by its key when it has none.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.findings import Mark
from funding.finance_settings import FinanceSettings
from parties.enums import OrganisationKind as Kind
from parties.models import Organisation


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
    chart = FinanceSettings(issuer.finance).get("nomenclature")
    for rule in RULES:
        if rule.chart == chart and rule.debtor == debtor.kind and rule.issuer in ("", issuer.kind):
            return rule
    return None


def account_of(issuer: Organisation, debtor: Organisation) -> str:
    """The receipts account ("nature"): the issuer's own for this debtor or its kind, else the table's, else ""."""
    chosen = FinanceSettings(issuer.finance).entry("comptes", *names_of(debtor), debtor.kind)
    if chosen:
        return chosen
    rule = account_rule(issuer, debtor)
    return rule.account if rule else ""


def third_party_code(issuer: Organisation, debtor: Organisation) -> str:
    """The debtor's code in the issuer's software; the debtor's own ``code_tiers`` when the issuer gave none."""
    own = FinanceSettings(issuer.finance).entry("tiers", *names_of(debtor))
    return own or FinanceSettings(debtor.finance).get("code_tiers")


def third_party_pair(issuer: Organisation, debtor: Organisation) -> tuple[str, str]:
    """(CatTiers, NatJur) of the debtor: the issuer's own, else those of its kind, else ""."""
    settings, usual = FinanceSettings(issuer.finance), THIRD_PARTY_CODES.get(debtor.kind, ("", ""))
    names = names_of(debtor)
    return settings.entry("cat_tiers", *names) or usual[0], settings.entry("nat_jur", *names) or usual[1]


def debtor_service(issuer: Organisation, debtor: Organisation) -> str:
    """The Chorus Pro service the debtor wants on what it receives: the issuer's note of it, else the debtor's own."""
    own = FinanceSettings(issuer.finance).entry("services_debiteurs", *names_of(debtor))
    return own or FinanceSettings(debtor.finance).get("code_service")


def debtor_engagement(issuer: Organisation, debtor: Organisation) -> str:
    """The engagement number to cite: the issuer's note of it, else the debtor's own."""
    own = FinanceSettings(issuer.finance).entry("engagements_debiteurs", *names_of(debtor))
    return own or FinanceSettings(debtor.finance).get("num_engagement")


def names_of(debtor: Organisation) -> tuple[str, ...]:
    """What a debtor is called in the issuer's tables: its SIREN, its key for one that has none."""
    return tuple(name for name in (debtor.siren, debtor.key) if name)
