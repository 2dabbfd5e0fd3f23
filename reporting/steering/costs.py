"""What a post costs: for the year, per person met, per inhabitant covered, per full-time equivalent worked. Pure.

A ratio always comes with its numerator and its denominator; without one it is « n. d. » with the reason, never a guess.
Amounts in euros, to the cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from core.money import CENT, euros, number_fr

UNKNOWN = "n. d."
RATIOS = (
    ("Par personne reçue", "per_person"),
    ("Par habitant couvert", "per_inhabitant"),
    ("Par temps plein travaillé", "per_etp"),
)


@dataclass(frozen=True)
class Measured:
    """A number, or None with the reason; ``source``: what it rests on."""

    value: Decimal | None
    reason: str = ""
    source: str = ""


@dataclass(frozen=True)
class Covered:
    """Inhabitants by commune (INSEE code); empty with the reason when they are not known."""

    communes: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""
    source: str = ""


@dataclass(frozen=True)
class Ratio:
    """``top`` euros over ``bottom`` units, to the cent; None with the reason."""

    value: Decimal | None
    top: Decimal | None
    bottom: Decimal | None
    unit: str
    reason: str = ""

    @property
    def words(self) -> str:
        """ "33 890,00 € / 412 personnes", or why there is none."""
        if self.value is None or self.top is None or self.bottom is None:
            return self.reason
        return f"{euros(self.top)} / {_plain(self.bottom)} {self.unit}"

    @property
    def shown(self) -> str:
        return UNKNOWN if self.value is None else euros(self.value)


@dataclass(frozen=True)
class PostCost:
    """One post in one year. ``planned``: the plan's cost; ``cost``: of which for the time somebody was in post."""

    key: str
    label: str
    url: str
    employer: str
    year: int
    planned: Measured
    cost: Measured
    people: Measured
    covered: Covered
    etp: Measured

    @property
    def inhabitants(self) -> Measured:
        return inhabitants([self.covered])

    @property
    def per_person(self) -> Ratio:
        return ratio(self.cost, self.people, "personnes")

    @property
    def per_inhabitant(self) -> Ratio:
        return ratio(self.cost, self.inhabitants, "habitants")

    @property
    def per_etp(self) -> Ratio:
        return ratio(self.cost, self.etp, "ETP travaillé")

    @property
    def ratios(self) -> list[tuple[str, Ratio]]:
        """The three ratios with their names, in the order of the tables."""
        return [(name, getattr(self, attribute)) for name, attribute in RATIOS]


@dataclass(frozen=True)
class YearCosts:
    """The posts of a year and what they make together: each sum over the posts that know both of its numbers."""

    year: int
    posts: tuple[PostCost, ...]
    notice: str = ""

    @property
    def planned(self) -> Measured:
        return together(self.posts, "planned")

    @property
    def cost(self) -> Measured:
        return together(self.posts, "cost")

    @property
    def per_post(self) -> Ratio:
        known = [post for post in self.posts if post.cost.value is not None]
        return ratio(together(known, "cost"), Measured(Decimal(len(known)) or None, "aucun coût connu"), "postes")

    @property
    def per_person(self) -> Ratio:
        return self._over("people", "personnes", "personnes reçues")

    @property
    def per_inhabitant(self) -> Ratio:
        return self._over("inhabitants", "habitants", "habitants couverts")

    @property
    def per_etp(self) -> Ratio:
        return self._over("etp", "ETP travaillés", "temps travaillé")

    @property
    def ratios(self) -> list[tuple[str, Ratio]]:
        """The three ratios with their names, in the order of the tables."""
        return [(name, getattr(self, attribute)) for name, attribute in RATIOS]

    def counted(self, name: str) -> int:
        """How many posts know their cost and this number."""
        return len(self._known(name))

    def _known(self, name: str) -> list[PostCost]:
        return [p for p in self.posts if p.cost.value is not None and getattr(p, name).value is not None]

    def _over(self, name: str, unit: str, label: str) -> Ratio:
        known = self._known(name)
        if not known:
            return Ratio(None, None, None, unit, f"{label} : aucun poste ne connaît ce nombre et son coût")
        # Inhabitants served by two posts are counted once.
        bottom = inhabitants([p.covered for p in known]) if name == "inhabitants" else together(known, name)
        return ratio(together(known, "cost"), bottom, unit)


def ratio(top: Measured, bottom: Measured, unit: str) -> Ratio:
    """Never over an unknown, hidden or null number."""
    if top.value is None:
        return Ratio(None, None, bottom.value, unit, top.reason)
    if bottom.value is None:
        return Ratio(None, top.value, None, unit, bottom.reason)
    if not bottom.value:
        return Ratio(None, top.value, bottom.value, unit, f"0 {unit}")
    value = (top.value / bottom.value).quantize(CENT, ROUND_HALF_UP)
    return Ratio(value, top.value, bottom.value, unit)


def together(posts: Sequence[PostCost], name: str) -> Measured:
    """The sum over the posts that know it; None when none does."""
    known = [value for post in posts if (value := getattr(post, name).value) is not None]
    if not known:
        return Measured(None, "aucun poste ne le connaît")
    return Measured(sum(known, Decimal(0)))


def inhabitants(covers: Iterable[Covered]) -> Measured:
    """Inhabitants of the communes together, each once; None when one of the covers is not known."""
    rows = list(covers)
    unknown = next((row for row in rows if row.reason), None)
    if unknown is not None:
        return Measured(None, unknown.reason)
    communes = {code: count for row in rows for code, count in row.communes.items()}
    return Measured(Decimal(sum(communes.values())), source=", ".join(dict.fromkeys(row.source for row in rows)))


def _plain(value: Decimal) -> str:
    return number_fr(value).rstrip("0").rstrip(",")
