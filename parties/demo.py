"""The example accounts, public by design: created and listed in demo mode only (``COSIGNE_DEMO``). No one's name."""

from __future__ import annotations

from dataclasses import dataclass

from parties.enums import PlatformRole, Role

#: Known to everyone: it opens example data only, and `load_demo` creates nothing with it outside demo mode.
DEMO_PASSWORD = "cosigne-demo-2023"


@dataclass(frozen=True)
class DemoAccount:
    """One account: what it may do (``role``) and for whom (key of the organisation in the demo dossier).

    The key is empty for a role outside any territory.
    """

    email: str
    label: str
    organisation_key: str
    role: Role | PlatformRole
    also: tuple[tuple[str, Role], ...] = ()


DEMO_ACCOUNTS: list[DemoAccount] = [
    DemoAccount(
        "gestionnaire@demo.cosigne",
        "Gestionnaire du dispositif, Département du Pas-de-Calais",
        "departement-62",
        Role.GESTIONNAIRE,
        also=(("departement-62", Role.FINANCES),),
    ),
    DemoAccount(
        "prefecture@demo.cosigne",
        "Instruction, préfecture du Pas-de-Calais",
        "prefecture-62",
        Role.INSTRUCTEUR,
    ),
    DemoAccount(
        "finances.sudartois@demo.cosigne",
        "Finances, CC du Sud-Artois",
        "cc-sud-artois",
        Role.FINANCES,
    ),
    DemoAccount(
        "finances.boulonnais@demo.cosigne",
        "Finances, CA du Boulonnais",
        "ca-boulonnais",
        Role.FINANCES,
    ),
    DemoAccount(
        "finances.departement@demo.cosigne",
        "Finances, Département du Pas-de-Calais",
        "departement-62",
        Role.FINANCES,
    ),
    DemoAccount(
        "partenaire.gendarmerie@demo.cosigne",
        "Partenaire, groupement de gendarmerie",
        "ggd-62",
        Role.PARTENAIRE,
    ),
    DemoAccount(
        "employeur.fv62@demo.cosigne",
        "Employeur, France Victimes 62",
        "france-victimes-62",
        Role.EMPLOYEUR,
    ),
    DemoAccount("national@demo.cosigne", "Observatoire national, chiffres agrégés", "", PlatformRole.NATIONAL),
    DemoAccount("plateforme@demo.cosigne", "Plateforme, ouverture des territoires", "", PlatformRole.PLATFORM),
]
