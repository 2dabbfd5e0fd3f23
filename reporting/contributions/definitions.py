"""What a contribution holds: its tables, and the version of what their counts mean.

A change of a unit of count, of a table or of how a year is chosen makes a new version of ``DEFINITIONS``; each
contribution keeps the one it was made with, and the national bilan says where two years do not compare.
"""

from __future__ import annotations

from dataclasses import dataclass

from posts.indicators import MAIN, PROPOSED, Unit

FORMAT = "cosigne/contribution"
#: Version → what it means, newest last. Kept for ever: contributions refer to them.
VERSIONS: dict[int, str] = {
    1: (
        "Personnes, violences intrafamiliales et entretiens : ceux du bilan du territoire. Modes, premier contact, "
        "connaissance par un service social, problématiques et orientations : détail mensuel des postes qui le "
        "tiennent."
    ),
}
DEFINITIONS = max(VERSIONS)

TOTAL = "total"
PEOPLE, VIF, INTERVIEWS = "personnes", "vif", "entretiens"
MODES, CONTACT, KNOWN, PROBLEMS, REFERRALS = "modes", "premier_contact", "connues", "problematiques", "orientations"


@dataclass(frozen=True)
class TableKind:
    """One table. ``indicator`` and ``column``: the cells of the monthly detail it adds up, by their row; none for a
    table of the bilan, whose ``rows`` are then named here. ``sensitive``: its counts are of people, small ones hidden.
    ``total``: its rows add up to a last one.
    """

    code: str
    label: str
    unit: str
    indicator: str = ""
    column: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    sensitive: bool = True
    total: bool = True


#: In the order they are shown.
TABLES: dict[str, TableKind] = {
    one.code: one
    for one in (
        TableKind(
            PEOPLE,
            "Personnes",
            Unit.PERSON,
            rows=(("women", "Femmes"), ("men", "Hommes"), ("children", "Enfants"), (TOTAL, "Total")),
        ),
        TableKind(
            VIF,
            "Violences intrafamiliales",
            Unit.SITUATION,
            rows=(("vif_count", "Violences intrafamiliales"), ("vif_base", "Situations comptées en tout")),
            total=False,
        ),
        TableKind(MODES, "Saisines par mode", Unit.SAISINE, "I1"),
        TableKind(CONTACT, "Premier contact", Unit.SAISINE, "I3"),
        TableKind(KNOWN, "Personnes déjà connues d'un service social", Unit.PERSON, "I6"),
        TableKind(PROBLEMS, "Problématiques principales", Unit.SITUATION, "I7", MAIN),
        TableKind(REFERRALS, "Orientations proposées", Unit.REFERRAL, "I14", PROPOSED),
        TableKind(
            INTERVIEWS,
            "Entretiens",
            Unit.INTERVIEW,
            rows=(
                ("interviews_in_person", "En présence"),
                ("interviews_phone", "Au téléphone"),
                ("interviews_partners", "dont avec des partenaires"),
                ("interviews", "Total"),
            ),
            sensitive=False,
            total=False,
        ),
    )
}
#: Ways a row of posts is grouped, with its French name.
GROUPS = {"all": "Ensemble", "zone": "Zone", "employer": "Employeur", "kind": "Type de poste"}
