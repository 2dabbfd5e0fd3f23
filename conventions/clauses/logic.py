"""Whether conditions can hold together: what a model's checks ask before a text is published. Pure.

A flag is up or not; a few flags exclude or imply each other because of what they mean (conventions.text.flags). A
condition is an OR of ANDs, so the search picks one alternative of each condition that must hold, and one term to break
in each alternative of those that must not: exact, and short for conditions people write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conventions.clauses.conditions import Condition, alternatives

#: At most one of each group is up in a convention.
EXCLUSIVE: tuple[frozenset[str], ...] = (
    frozenset({"police", "gendarmerie", "mixed"}),
    frozenset({"creation", "renewal"}),
    frozenset({"single_epci", "several_epci"}),
)
#: At most one of them, unless the posts have several employers.
EMPLOYERS = frozenset({"employer_departement", "employer_epci", "employer_association"})
#: Exactly one of each group is up.
EXHAUSTIVE: tuple[frozenset[str], ...] = (frozenset({"creation", "renewal"}),)
#: A flag that is up brings others.
IMPLIES: Mapping[str, frozenset[str]] = {
    "short_period": frozenset({"under_one_year"}),
    "over_23000": frozenset({"employer_association"}),
    "employer_association": frozenset({"association"}),
    "association": frozenset({"grant"}),
    "grant": frozenset({"association"}),
    "renewal_unlimited": frozenset({"tacit_renewal"}),
}

#: Flags and ``has:`` terms, up (True) or down (False); those left out do not matter.
Situation = dict[str, bool]


def situation(holding: Sequence[Condition], failing: Sequence[Condition] = ()) -> Situation | None:
    """A situation in which every condition of ``holding`` holds and none of ``failing`` does; None when there is none.

    An empty condition always holds: it can be in ``failing`` only of a situation that does not exist.
    """
    wanted = [
        [made for terms in alternatives(condition) if (made := _together(terms)) is not None] for condition in holding
    ]
    # To break an alternative, one of its terms must be the other way round.
    broken = [[_opposite(term) for term in terms] for item in failing for terms in alternatives(item)]
    return _search([*wanted, *broken], {})


def _together(terms: Sequence[str]) -> Situation | None:
    """The terms of one alternative; None when it says a thing and its contrary."""
    made: Situation = {}
    for term in terms:
        name, up = term.removeprefix("!"), not term.startswith("!")
        if made.setdefault(name, up) is not up:
            return None
    return made


def _opposite(term: str) -> Situation:
    return {term.removeprefix("!"): term.startswith("!")}


def _search(choices: Sequence[Sequence[Situation]], made: Situation) -> Situation | None:
    if not choices:
        return made
    first, *rest = choices
    for option in first:
        if any(made.get(name, up) is not up for name, up in option.items()):
            continue
        following = made | option
        if _consistent(following) and (found := _search(rest, following)) is not None:
            return found
    return None


def _consistent(made: Situation) -> bool:
    up = _closure({name for name, value in made.items() if value})
    if any(made.get(name) is False for name in up):
        return False
    if any(len(group & up) > 1 for group in EXCLUSIVE):
        return False
    if made.get("several_employers") is False and len(EMPLOYERS & up) > 1:
        return False
    return not any(all(made.get(name) is False for name in group) for group in EXHAUSTIVE)


def _closure(names: set[str]) -> set[str]:
    found, pending = set(names), list(names)
    while pending:
        for name in IMPLIES.get(pending.pop(), ()):
            if name not in found:
                found.add(name)
                pending.append(name)
    return found


def raised(made: Situation) -> frozenset[str]:
    """The flags up in a situation, those implied included; ``has:`` terms left out."""
    return frozenset(_closure({name for name, up in made.items() if up and not name.startswith("has:")}))
