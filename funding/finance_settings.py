"""What an organisation tells once about its finance software and its accountant: names, forms, defaults, one list.

Stored in ``Organisation.finance`` under the names below (they travel in the dossier), read through
:class:`FinanceSettings`, asked step by step by the settings assistant. An absent value is the default. Marks: V read in
a published source, U inferred, to confirm with the comptable: hence a setting.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from stdnum.exceptions import ValidationError
from stdnum.fr import siret as stdnum_siret

from core.errors import InvalidInput
from core.findings import Mark
from core.french import lower_first


class Step(StrEnum):
    """The pages of the assistant, in order. The value is the address's last part."""

    SOFTWARE = "logiciel"
    ACCOUNTANT = "comptable"
    BOOKING = "imputation"
    ACCOUNTS = "comptes"
    DEBTORS = "debiteurs"
    OPTIONS = "options"
    NUMBERS = "numeros"
    PAYER = "paiement"

    @property
    def label(self) -> str:
        return _STEP_LABELS[self.value]


_STEP_LABELS = {
    "logiciel": "Logiciel et format",
    "comptable": "Poste comptable et budget",
    "imputation": "Imputation",
    "comptes": "Comptes par débiteur",
    "debiteurs": "Codes des débiteurs",
    "options": "Présentation du fichier",
    "numeros": "Numéros de l'exercice",
    "paiement": "Quand l'organisation paie",
}
#: Asked of an organisation that issues titres; the last one of everybody.
ISSUER_STEPS = (
    Step.SOFTWARE,
    Step.ACCOUNTANT,
    Step.BOOKING,
    Step.ACCOUNTS,
    Step.DEBTORS,
    Step.OPTIONS,
    Step.NUMBERS,
)


@dataclass(frozen=True)
class Setting:
    """One value. ``choices`` or ``pattern`` say its form; ``default`` is what its absence means."""

    key: str
    label: str
    step: Step
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    pattern: str = ""
    wrong: str = ""
    width: int = 40
    default: str = ""
    is_flag: bool = False
    mark: Mark = Mark.VERIFIED


def _flag(key: str, label: str, step: Step, help: str, default: bool, mark: Mark = Mark.VERIFIED) -> Setting:
    return Setting(key, label, step, help, default="oui" if default else "non", is_flag=True, mark=mark)


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "logiciel",
        "Logiciel financier",
        Step.SOFTWARE,
        "Cosigne connaît le format de Magnus et le format commun PES V2 ; pour un autre logiciel, demandez à son "
        "éditeur s'il importe l'un ou l'autre, sinon prenez le CSV.",
        choices=(
            ("", "Non précisé"),
            ("magnus", "Berger-Levrault Magnus"),
            ("astre", "Astre GF"),
            ("ciril", "Ciril Civil Finances"),
            ("coriolis", "Coriolis"),
            ("cosoluce", "Cosoluce"),
            ("jvs", "JVS"),
            ("sedit", "Sedit Marianne"),
            ("autre", "Autre"),
        ),
    ),
    Setting(
        "format",
        "Format d'export proposé",
        Step.SOFTWARE,
        "Les autres restent disponibles.",
        choices=(
            ("", "Le premier de la liste"),
            ("csv", "CSV"),
            ("xlsx", "XLSX"),
            ("pes", "PES V2"),
            ("magnus", "Magnus"),
        ),
    ),
    Setting(
        "collectivite",
        "Code collectivité dans le logiciel",
        Step.SOFTWARE,
        "Colonne « collectivite » du CSV et 4e champ de Magnus.",
        pattern=r"[0-9A-Za-z]{1,10}",
        wrong="Dix lettres ou chiffres au plus, sans espace.",
        width=10,
    ),
    Setting(
        "budget",
        "Code budget dans le logiciel",
        Step.SOFTWARE,
        "Colonne « budget » du CSV et 5e champ de Magnus.",
        pattern=r"[0-9A-Za-z]{1,10}",
        wrong="Dix lettres ou chiffres au plus, sans espace.",
        width=10,
    ),
    Setting(
        "siret_budget",
        "SIRET du budget émetteur",
        Step.ACCOUNTANT,
        "Quatorze chiffres. Vide : le SIRET de la fiche de l'organisation. Un budget annexe a le sien.",
        pattern=r"\d{14}",
        wrong="Un SIRET compte quatorze chiffres, le dernier est une clé de contrôle.",
        width=14,
    ),
    Setting(
        "id_post",
        "Codique du poste comptable (IdPost)",
        Step.ACCOUNTANT,
        "Six ou sept chiffres (02A ou 02B en tête pour la Corse), donnés par le comptable public.",
        pattern=r"02[AB]\d{3,4}|\d{6,7}",
        wrong="Six ou sept chiffres, par exemple 062090.",
        width=7,
    ),
    Setting(
        "cod_col",
        "Code collectivité Hélios (CodCol)",
        Step.ACCOUNTANT,
        "Trois chiffres, donnés par le comptable public.",
        pattern=r"\d{3}",
        wrong="Trois chiffres, par exemple 020.",
        width=3,
    ),
    Setting(
        "cod_bud",
        "Code budget Hélios (CodBud)",
        Step.ACCOUNTANT,
        "Deux caractères ; « 00 » désigne d'ordinaire le budget principal.",
        pattern=r"[0-9A-Z][0-9]",
        wrong="Un chiffre ou une capitale, puis un chiffre : 00, 01, A1.",
        width=2,
    ),
    Setting(
        "libelle_budget",
        "Libellé du budget",
        Step.ACCOUNTANT,
        "Facultatif, 38 caractères.",
        pattern=r".{1,38}",
        wrong="Trente-huit caractères au plus.",
        width=38,
    ),
    Setting(
        "typ_fic",
        "Type de fichier (TypFic)",
        Step.ACCOUNTANT,
        "Le schéma cite PESALR1, les fichiers échangés portent aussi PESALR2 : demandez au comptable.",
        choices=(("PESALR2", "PESALR2"), ("PESALR1", "PESALR1")),
        default="PESALR2",
        mark=Mark.UNVERIFIED,
    ),
    Setting(
        "nomenclature",
        "Nomenclature budgétaire",
        Step.BOOKING,
        "M57 pour presque toutes les collectivités depuis 2024.",
        choices=(("M57", "M57"), ("M14", "M14"), ("M52", "M52")),
        default="M57",
    ),
    Setting(
        "vote",
        "Budget voté",
        Step.BOOKING,
        "Par fonction, le compte porte 93 ou 94 devant la fonction (934213) ; par nature, la fonction se donne à part.",
        choices=(("nature", "Par nature"), ("fonction", "Par fonction")),
        default="nature",
    ),
    Setting(
        "fonction",
        "Fonction",
        Step.BOOKING,
        "Chiffres seulement : 4213 pour les aides à l'enfance, 424 pour les personnes en difficulté.",
        pattern=r"\d{1,10}",
        wrong="Dix chiffres au plus.",
        width=10,
    ),
    _flag(
        "retirer_93",
        "Retirer « 93 » devant la fonction",
        Step.BOOKING,
        "934213 devient 4213 dans le fichier PES. Un exemple publié l'écrit ainsi ; à confirmer avec le comptable.",
        True,
        Mark.UNVERIFIED,
    ),
    Setting(
        "chapitre",
        "Chapitre",
        Step.BOOKING,
        "Colonne « chapitre » du CSV ; le PES ne le porte pas.",
        pattern=r"\d{1,6}",
        wrong="Six chiffres au plus.",
        width=6,
    ),
    Setting(
        "service",
        "Service de l'ordonnateur",
        Step.BOOKING,
        "Dix caractères, facultatif.",
        pattern=r"\S.{0,9}",
        wrong="Dix caractères au plus.",
        width=10,
    ),
    Setting(
        "operation",
        "Opération",
        Step.BOOKING,
        "Dix lettres ou chiffres, facultatif.",
        pattern=r"[0-9A-Za-z]{1,10}",
        wrong="Dix lettres ou chiffres au plus, sans espace.",
        width=10,
    ),
    Setting(
        "code_produit",
        "Code produit local (CodProdLoc)",
        Step.BOOKING,
        "Un à quatre lettres ou chiffres, convenus avec le comptable. Obligatoire en PES V2.",
        pattern=r"(?!0+$)[0-9A-Za-z]{1,4}",
        wrong="Un à quatre lettres ou chiffres, pas seulement des zéros.",
        width=4,
    ),
    Setting(
        "fipd",
        "Titre de la part de l'État (FIPD)",
        Step.OPTIONS,
        "Avant le versement : titre ordinaire. Après : titre émis après paiement (type 05), rattaché au numéro "
        "d'encaissement du comptable ; cet usage reste à confirmer avec lui.",
        choices=(("avant", "Émis avant le versement"), ("apres", "Émis après le versement")),
        default="avant",
        mark=Mark.UNVERIFIED,
    ),
    Setting(
        "edition",
        "Avis des sommes à payer (balise Edition)",
        Step.OPTIONS,
        "D'ordinaire absente : le logiciel financier fabrique l'avis. Les valeurs 01 et 02 demandent de joindre une "
        "facture PES que Cosigne ne produit pas.",
        choices=(("", "Absente (le logiciel financier s'en charge)"), ("04", "04 : sans traitement par la DGFiP")),
    ),
    _flag(
        "capitales",
        "Écrire en capitales",
        Step.OPTIONS,
        "Comme le font les logiciels financiers.",
        True,
    ),
    _flag(
        "accents",
        "Garder les accents",
        Step.OPTIONS,
        "Le fichier est en ISO-8859-1, qui les porte ; beaucoup de logiciels les retirent. Les signes hors de ce jeu "
        "(€, œ, –, ’) sont toujours transcrits.",
        False,
    ),
    _flag(
        "reference_decompte",
        "Citer le décompte comme pièce jointe",
        Step.OPTIONS,
        "Ajoute une référence (PJRef) ; le PDF du décompte se dépose alors à part, selon l'accord avec le comptable.",
        False,
        Mark.UNVERIFIED,
    ),
    Setting(
        "magnus_encodage",
        "Jeu de caractères du fichier Magnus",
        Step.OPTIONS,
        "Le format ne le précise pas : essayez avec l'éditeur.",
        choices=(("cp1252", "Windows (CP1252)"), ("utf-8", "UTF-8")),
        default="cp1252",
        mark=Mark.UNVERIFIED,
    ),
    Setting(
        "tribunal",
        "Tribunal des contestations (Magnus)",
        Step.OPTIONS,
        "Cent caractères. Vide : le tribunal administratif du territoire, s'il est connu.",
        pattern=r".{1,100}",
        wrong="Cent caractères au plus.",
        width=100,
    ),
    Setting(
        "code_tiers",
        "Code tiers habituel",
        Step.PAYER,
        "Celui sous lequel ses créanciers la connaissent, à défaut du leur.",
        pattern=r"\S.{0,29}",
        wrong="Trente caractères au plus.",
        width=30,
    ),
    Setting(
        "num_engagement",
        "Numéro d'engagement demandé",
        Step.PAYER,
        "S'il doit figurer sur les titres qu'elle reçoit (Chorus Pro).",
        pattern=r"\S.{0,49}",
        wrong="Cinquante caractères au plus.",
        width=50,
    ),
    Setting(
        "code_service",
        "Code service demandé",
        Step.PAYER,
        "Service Chorus Pro destinataire, s'il est exigé.",
        pattern=r"\S.{0,99}",
        wrong="Cent caractères au plus.",
        width=100,
    ),
)
BY_KEY = {setting.key: setting for setting in SETTINGS}


@dataclass(frozen=True)
class Table:
    """Values kept by debtor, by kind of debtor, by exercice or by titre: a flat map of texts."""

    key: str
    label: str
    step: Step
    pattern: str
    wrong: str


TABLES: tuple[Table, ...] = (
    Table("comptes", "Compte", Step.ACCOUNTS, r"[1-9]\d{2,11}", "Un compte compte de trois à douze chiffres."),
    Table("tiers", "Code tiers", Step.DEBTORS, r"\S.{0,29}", "Trente caractères au plus."),
    Table("cat_tiers", "Catégorie (CatTiers)", Step.DEBTORS, r"\d{2}", "Deux chiffres, ceux de la liste."),
    Table("nat_jur", "Nature juridique (NatJur)", Step.DEBTORS, r"0[1-9]|1[01]", "Deux chiffres, de 01 à 11."),
    Table("services_debiteurs", "Code service", Step.DEBTORS, r"\S.{0,99}", "Cent caractères au plus."),
    Table("engagements_debiteurs", "Engagement", Step.DEBTORS, r"\S.{0,49}", "Cinquante caractères au plus."),
    Table("bordereaux", "Prochain bordereau", Step.NUMBERS, r"[1-9]\d{0,6}", "Un nombre de 1 à 9999999."),
    Table("titres", "Premier titre", Step.NUMBERS, r"[1-9]\d{0,7}", "Un nombre de 1 à 99999999."),
    Table(
        "encaissements",
        "Numéro d'encaissement",
        Step.NUMBERS,
        r"[1-9]\d{0,12}",
        "Treize chiffres au plus, ceux que le comptable a donnés.",
    ),
)
TABLE_BY_KEY = {table.key: table for table in TABLES}


def cleaned(key: str, value: Any) -> str:
    """``value`` as it is kept: trimmed, in its form. ``InvalidInput`` (place: ``key``) says how to mend it."""
    setting = BY_KEY[key]
    text = str(value).strip()
    if setting.is_flag:
        return text if text in ("oui", "non") else _refuse(setting.label, key, "Répondez par oui ou par non.")
    if not text:
        return ""
    if setting.choices:
        known = {code for code, _ in setting.choices}
        return text if text in known else _refuse(setting.label, key, "Choisissez une valeur de la liste.")
    if key == "siret_budget":
        text = "".join(text.split())
    if not re.fullmatch(setting.pattern, text) or (key == "siret_budget" and not _is_siret(text)):
        _refuse(setting.label, key, setting.wrong)
    return text


def cleaned_entry(key: str, name: str, value: Any) -> str:
    """One value of the table ``key``, for ``name``. Same errors, place ``key.name``."""
    table, text = TABLE_BY_KEY[key], str(value).strip()
    if text and not re.fullmatch(table.pattern, text):
        _refuse(table.label, f"{key}.{name}", table.wrong)
    return text


def _is_siret(text: str) -> bool:
    try:
        stdnum_siret.validate(text)
    except ValidationError:
        return False
    return True


def _refuse(label: str, place: str, wrong: str) -> str:
    raise InvalidInput(f"{label} : {lower_first(wrong)}", place=place)


@dataclass(frozen=True)
class FinanceSettings:
    """``Organisation.finance`` read with its defaults. What the store holds in another form is taken as absent."""

    values: Mapping[str, Any] = field(default_factory=dict)

    def get(self, key: str) -> str:
        """The value of a setting, else its default."""
        stored = self.values.get(key)
        if isinstance(stored, bool):
            return "oui" if stored else "non"
        if isinstance(stored, (str, int)) and str(stored).strip():
            return str(stored).strip()
        return BY_KEY[key].default

    def has(self, key: str) -> bool:
        return self.get(key) == "oui"

    def table(self, key: str) -> dict[str, str]:
        stored = self.values.get(key)
        if not isinstance(stored, Mapping):
            return {}
        return {str(name): str(value).strip() for name, value in stored.items() if str(value or "").strip()}

    def entry(self, key: str, *names: str) -> str:
        """The first value the table ``key`` has under one of ``names``."""
        table = self.table(key)
        return next((table[name] for name in names if name and name in table), "")

    def number(self, key: str, year: int) -> int | None:
        """The next bordereau (``bordereaux``) or titre (``titres``) number of an exercice; None when not given."""
        text = self.entry(key, str(year))
        return int(text) if re.fullmatch(TABLE_BY_KEY[key].pattern, text) else None

    @property
    def function(self) -> str:
        """The function as PES writes it: without the "93" a budget voted by function puts before it, if so set."""
        text = self.get("fonction")
        if self.has("retirer_93") and text.startswith("93") and len(text) > 2:
            return text[2:]
        return text
