"""A year of detailed months for one post of the demonstration: invented counts, the same at each loading.

No published bilan gives such a detail. These counts keep every relation between the tables (design of indicators, §4),
so that a newcomer sees a whole bilan; the notes of the months and its words say they are invented.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from parties.actors import Actor
from posts import indicators as ind
from posts.indicators import Cell
from posts.models import ActivityReturn, Post
from posts.services.detail import record_detail, validate_month
from posts.services.periods import record_people
from reporting.bilan_post.people import record_people_detail
from reporting.bilan_post.sections import confirm_text, save_text
from reporting.enums import BilanSection

POST = "iscg-audomarois"
YEAR = 2023
NOTE = "Chiffres inventés pour la démonstration."
INVENTED = "Texte et chiffres inventés pour la démonstration."
WORDS = {
    BilanSection.PARTNERSHIP: (
        "Deux réunions par trimestre avec les services du Département et l'association d'aide aux victimes.\n\n"
        "- une permanence commune par mois au commissariat\n- une fiche de liaison partagée avec les CCAS"
    ),
    BilanSection.DIFFICULTIES: (
        "Les délais d'hébergement d'urgence s'allongent le week-end.\n\n- demander une place réservée\n"
        "- former les nouveaux arrivants des brigades"
    ),
    BilanSection.HIGHLIGHTS: "Le service a rejoint le réseau local de lutte contre les violences conjugales.",
    BilanSection.OPINION: "L'intervention au plus près des unités est utile et attendue.",
}
#: Weights: what is drawn for each item of a list, out of any total.
MODES = {
    "plainte": 20, "main_courante": 18, "intervention": 22, "garde_a_vue": 4, "auto_saisine": 14, "personne": 8,
    "services_sociaux": 6, "associations": 3, "justice": 2, "sante": 2, "ecole": 1, "mairie": 2,
}  # fmt: skip
DELAYS = {"24h": 45, "72h": 32, "7j": 13, "plus": 7, "nr": 3}
PROBLEMS = {
    "conjugales": 44, "intrafamiliales": 14, "separation": 12, "familial": 8, "enfance": 5, "educatif": 4,
    "vulnerabilite": 6, "sante_mentale": 4, "addictions": 2, "logement": 3, "voisinage": 3,
}  # fmt: skip
SECONDARY = {"addictions": 20, "precarite": 22, "sante_mentale": 18, "logement": 16, "enfance": 24}
AGES = {
    ("18_25", "f"): 11, ("26_40", "f"): 24, ("41_60", "f"): 17, ("61_75", "f"): 5, ("plus_75", "f"): 3,
    ("18_25", "h"): 3, ("26_40", "h"): 8, ("41_60", "h"): 8, ("61_75", "h"): 3, ("plus_75", "h"): 2,
    ("0_5", "f"): 2, ("6_12", "f"): 3, ("13_17", "f"): 4, ("0_5", "h"): 2, ("6_12", "h"): 3, ("13_17", "h"): 3,
}  # fmt: skip
ROLES = {"victime": 62, "mis_en_cause": 18, "temoin": 4, "autre": 3}
KNOWN = {"suivie": 22, "non_suivie": 14, "inconnue": 52, "nr": 12}
FRAME = {"plainte": 40, "main_courante": 34, "aucun": 26}
DANGER = {"faible": 40, "moyen": 34, "eleve": 16, "nr": 10}
PLACES = {"unite": 40, "domicile": 8, "ailleurs": 4, "telephone": 46, "visio": 2}
PARTNERS = {
    "departement": 30, "association": 22, "justice": 10, "sante": 10, "commune": 12, "education": 6, "logement": 10
}  # fmt: skip
SERVICES = {
    "social": 24, "aide_victimes": 20, "cidff": 12, "hebergement": 10, "sante": 10, "droit": 12, "enfance": 6, "caf": 6
}  # fmt: skip
STEPS = {"plainte": 5, "hebergement": 3, "affaires": 2, "umj": 2, "tribunal": 1}
CLOSING = {"relais": 40, "sans_besoin": 30, "perdue": 15, "refus": 10, "demenagement": 5}


def month_cells(*, year: int, month: int, zone: str = "", size: int = 40) -> dict[Cell, int]:
    """About ``size`` saisines of one month, in every table. The same arguments give the same counts."""
    draw = random.Random(f"{year}-{month}-{zone}-{size}")
    quiet = 0.6 if month == 8 else 1.0
    saisines = max(6, round(size * quiet * (0.85 + 0.3 * draw.random()) * (1.06 if year % 2 == 0 else 1)))
    situations = max(4, round(saisines * 0.88))
    refused = max(1, round(saisines * 0.08))
    taken = max(3, situations - refused)
    people = situations + round(situations * 0.35)
    interviews = taken + round(taken * 0.8)
    # Two zones share one worker.
    days = round((11 if month == 8 else 19 + draw.randrange(2)) * {"police": 0.6, "gendarmerie": 0.4}.get(zone, 1))
    cells: dict[Cell, int] = {}

    def table(code: str, total: int, weights: dict[str, int], column: str = "") -> None:
        for row, value in _spread(draw, total, weights).items():
            cells[code, row, column] = value

    for code, value in (
        ("saisines", saisines), ("situations", situations), ("prises_en_charge", taken), ("personnes", people),
        ("jours", days), ("permanences", 2 + draw.randrange(3)),
    ):  # fmt: skip
        cells["I0", code, ""] = value
    table("I1", saisines, MODES)
    table("I2", refused, {"injoignable": 5, "refuse": 3, "hors_champ": 1, "deja_suivie": 2})
    table("I3", saisines, DELAYS)
    ages = _spread(draw, people, {f"{age}/{sex}": weight for (age, sex), weight in AGES.items()})
    for key, value in ages.items():
        age, _, sex = key.partition("/")
        cells["I4", age, sex] = value
    for sex in (ind.WOMEN, ind.MEN):
        adults = sum(cells["I4", age, sex] for age in ind.ADULT_AGES)
        minors = sum(cells["I4", age, sex] for age in ind.CHILD_AGES)
        weights = ROLES | ({"mis_en_cause": 60} if sex == ind.MEN else {"mis_en_cause": 6})
        table("I4R", adults, weights, sex)
        cells["I4R", "enfant", sex] = minors
    table("I6", people, KNOWN)
    table("I7", situations, PROBLEMS, ind.MAIN)
    table("I7", round(situations * 0.5), SECONDARY, ind.SECONDARY)
    table("I9", situations, FRAME)
    table("I10", situations, DANGER)
    table("I11", interviews, PLACES)
    table("I12", round(saisines * 0.9), PARTNERS)
    table("I13", round(saisines * 0.1), STEPS)
    for service, proposed in _spread(draw, round(taken * 0.9), SERVICES).items():
        accepted = proposed - (proposed // 4)
        cells["I14", service, ind.PROPOSED] = proposed
        cells["I14", service, ind.ACCEPTED] = accepted
        cells["I14", service, ind.EFFECTIVE] = accepted - (accepted // 3)
    table("I15", max(1, round(saisines * 0.07)), {"ip": 5, "signalement": 2, "liaison": 4})
    table("I16", round(taken * 0.8), CLOSING)
    cells["I18", "agents", ""] = draw.randrange(0, 9)
    cells["I18", "reunions", ""] = 2 + draw.randrange(4)
    return cells


def _spread(draw: random.Random, total: int, weights: dict[str, int]) -> dict[str, int]:
    """``total`` drawn one by one among the items: small lists come out small and uneven, as they do."""
    found = dict.fromkeys(weights, 0)
    for name in draw.choices(list(weights), weights=list(weights.values()), k=total):
        found[name] += 1
    return found


def detail_one_post(*, by: Actor) -> None:
    """Every month of a year for one post, each zone apart, validated, and the words of its bilan.

    Nothing when something of that year is already there.
    """
    post = Post.objects.filter(territory_id=by.territory_id, key=POST).first()
    if post is None or ActivityReturn.objects.filter(post=post, year=YEAR).exists():
        return
    for month in range(1, 13):
        for zone, size in (("police", 22), ("gendarmerie", 14)):
            cells = month_cells(year=YEAR, month=month, zone=zone, size=size)
            record_detail(post=post, year=YEAR, month=month, zone=zone, cells=cells, note=NOTE, by=by)
    people = year_people(post, YEAR)
    record_people(post=post, year=YEAR, people=people, by=by)
    record_people_detail(post=post, year=YEAR, cells=people_cells(people[None]), by=by)
    for month in range(1, 13):
        validate_month(post=post, year=YEAR, month=month, by=by)
    for section, text in WORDS.items():
        held = save_text(post=post, year=YEAR, section=section, text=f"{INVENTED}\n\n{text}", by=by).text
        if section != BilanSection.OPINION:
            confirm_text(post=post, year=YEAR, section=section, by=by, expected=held.lock_version)


def people_cells(counts: Mapping[str, int | None]) -> dict[Cell, int]:
    """The people of a year by age, sex and role: as many women, men and children as ``counts`` says."""
    women, men, children = (counts[name] or 0 for name in ("women", "men", "children"))
    draw = random.Random(f"{women}-{men}-{children}")
    cells: dict[Cell, int] = {}
    for sex, adults in ((ind.WOMEN, women), (ind.MEN, men)):
        weights = {age: weight for (age, of), weight in AGES.items() if of == sex and age in ind.ADULT_AGES}
        for age, value in _spread(draw, adults, weights).items():
            cells["I4", age, sex] = value
        roles = ROLES | {"mis_en_cause": 60 if sex == ind.MEN else 6}
        for role, value in _spread(draw, adults, roles).items():
            cells["I4R", role, sex] = value
    minors = {f"{age}/{sex}": weight for (age, sex), weight in AGES.items() if age in ind.CHILD_AGES}
    for key, value in _spread(draw, children, minors).items():
        age, _, sex = key.partition("/")
        cells["I4", age, sex] = value
        cells["I4R", "enfant", sex] = cells.get(("I4R", "enfant", sex), 0) + value
    for answer, value in _spread(draw, women + men + children, KNOWN).items():
        cells["I6", answer, ""] = value
    return cells


def year_people(post: Post, year: int) -> dict[int | None, dict[str, int | None]]:
    """The file active of each quarter and of the year: fewer than the months added up, since some come back."""
    months: dict[int | None, tuple[int, int, int]] = {}
    for row in ActivityReturn.objects.filter(post=post, year=year, month__isnull=False):
        held = months.get(row.month, (0, 0, 0))
        counts = (row.women or 0, row.men or 0, row.children or 0)
        months[row.month] = (held[0] + counts[0], held[1] + counts[1], held[2] + counts[2])
    found: dict[int | None, dict[str, int | None]] = {}
    for quarter, kept in ((1, 85), (2, 85), (3, 88), (4, 85), (None, 62)):
        among = range(1, 13) if quarter is None else range(quarter * 3 - 2, quarter * 3 + 1)
        trio = [sum(months[m][rank] for m in among if m in months) * kept // 100 for rank in range(3)]
        if any(trio):
            women, men, children = trio
            found[quarter] = {"people": sum(trio), "women": women, "men": men, "children": children}
    return found
