"""What several rules read around a convention, once: its votes, the mandates of the bodies at hand, other posts."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from conventions.models import Convention, ConventionClause, Decision, Deliberation
from conventions.text.dossier import Draft
from core.french.numbers import number_in_words
from funding.prorata import months_between
from parties.models import Mandate
from posts.models import PostUnit

#: « trois mois » as well as « 3 mois »: what people type by hand.
NUMBER_WORDS = {number_in_words(number): number for number in range(1, 61)}


class Around:
    """Lazy, so that a rule that does not apply costs nothing; kept on the draft, so that two rules read once."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft

    @cached_property
    def decisions(self) -> list[Decision]:
        """Articles of deliberations that name this convention."""
        return list(
            Decision.objects.filter(links__convention=self.draft.convention)
            .select_related("deliberation__organisation", "beneficiary")
            .order_by("deliberation__date", "deliberation_id", "position")
        )

    @cached_property
    def deliberations(self) -> dict[int, Deliberation]:
        """The vote that binds each organisation: the party's own, else its first one that names the convention."""
        found = {p.organisation_id: p.deliberation for p in self.draft.parties if p.deliberation is not None}
        for decision in self.decisions:
            found.setdefault(decision.deliberation.organisation_id, decision.deliberation)
        return found

    @cached_property
    def last_vote(self) -> dt.date | None:
        """The day from which every vote known exists."""
        return max((vote.date for vote in self.deliberations.values()), default=None)

    @cached_property
    def edited(self) -> list[ConventionClause]:
        """Clauses whose text was typed here and stays in."""
        if self.draft.convention.template_id is None:
            return []
        return [row for row in self.draft.convention.clauses.all() if row.edited_text and not row.removed]

    @cached_property
    def mandates(self) -> list[Mandate]:
        """Mandates of the parties and of the bodies that vote."""
        bodies = {party.organisation_id for party in self.draft.parties} | set(self.deliberations)
        return list(
            Mandate.objects.filter(organisation_id__in=bodies)
            .select_related("organisation")
            .order_by("organisation", "pk")
        )

    @cached_property
    def shared_units(self) -> list[PostUnit]:
        """Units of this convention's posts that another post holds too."""
        posts = self.draft.posts
        units = {link.unit_id for post in posts for link in post.post_units.all()}
        if not units:
            return []
        return list(
            PostUnit.objects.filter(unit_id__in=units)
            .exclude(post__in=[post.pk for post in posts])
            .select_related("unit", "post__employer")
            .order_by("unit__name", "post__label", "pk")
        )


def around(draft: Draft) -> Around:
    """The surroundings of ``draft``, the same object each time."""
    found: Around | None = draft.__dict__.get("_around")
    if found is None:
        found = draft.__dict__["_around"] = Around(draft)
    return found


def life(convention: Convention) -> tuple[dt.date, dt.date] | None:
    """First and last day, when the period makes one."""
    start, end = convention.period_start, convention.period_end
    return (start, end) if start and end and start <= end else None


def months_of(convention: Convention) -> int | None:
    """Whole months the convention lasts; None without a period."""
    days = life(convention)
    return int(months_between(*days)) if days else None


def plain(text: object) -> str:
    """Lower case, no accent, no punctuation: what two ways of typing the same words share."""
    folded = unicodedata.normalize("NFKD", str(text or "").replace("œ", "oe").replace("’", "'"))
    kept = "".join(c for c in folded if not unicodedata.combining(c)).lower()
    return " ".join(re.findall(r"[a-z0-9]+", kept))


def number_of(text: str) -> int | None:
    """« 3 » or « trois » as a number, up to sixty."""
    text = text.strip().lower()
    return int(text) if text.isdigit() else NUMBER_WORDS.get(text)


def date_of(value: object) -> dt.date | None:
    """An ISO date kept in a variable; None when it is no date."""
    try:
        return dt.date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


def mapping(value: Any) -> dict[str, Any]:
    """What a JSON field holds under a name, when it is an object; an import may bring anything."""
    return value if isinstance(value, dict) else {}


def texts(value: Any) -> list[str]:
    """The texts of a JSON list, empty when it is not one."""
    return [item for item in value if isinstance(item, str) and item.strip()] if isinstance(value, list) else []


def rows(value: Any) -> list[dict[str, Any]]:
    """The objects of a JSON list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def whole(value: Any) -> int | None:
    """A whole number of a JSON field; true and false are not numbers."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def distinct(values: Iterable[str]) -> list[str]:
    """Values that differ once case, accents and punctuation are left aside, in their order."""
    seen: dict[str, str] = {}
    for value in values:
        seen.setdefault(plain(value), value)
    return list(seen.values())
