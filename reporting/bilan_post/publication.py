"""The bilan of a post for readers outside: all its tables protected together, and consistently with the other ones.

A post's counts are small, and they are printed many times: by line, total, quarter, rate, beside the year before, in
the territory's bilan. So that none of these gives back what another hides:

- every count of a year and every sum between them is one table for :mod:`reporting.protection`;
- a year's counts hide the same way in its own bilan and beside the next year's;
- the public version hides at least what the version to share hides: holding both tells no more than the latter;
- what the territory's bilan hides of the post is hidden here, and what it shows is taken as known to the reader.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from core import rls
from core.french import counted
from parties.actors import Actor
from reporting.bilan.publication import Version
from reporting.bilan.service import territory_bilan
from reporting.bilan_post.grid import Audience, DataTable
from reporting.bilan_post.service import PostBilan
from reporting.enums import BilanSection
from reporting.protection import Table, protect
from reporting.protection.moves import FREE, System


@dataclass(frozen=True)
class Outside:
    """What readers know of a post from the territory's bilan in the same version: names of the ledger."""

    hidden: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Hidden:
    """The counts to hide: those that are small, and those that would give them back."""

    small: frozenset[str] = field(default_factory=frozenset)
    others: frozenset[str] = field(default_factory=frozenset)

    @property
    def names(self) -> frozenset[str]:
        return self.small | self.others


def published(bilan: PostBilan, version: Version, *, by: Actor) -> PostBilan:
    """``bilan`` as ``version`` may leave; the words nobody read again stay inside, and so does the opinion."""
    known = {each: _outside(bilan, each, by) for each in Version}
    hidden = hidden_counts(bilan.ledger.table(), version, known)
    widest = Audience.PARTNERS if version is Version.INTERNAL else Audience.EVERYBODY
    leaving = (table.leaving(hidden.names) for table in bilan.tables if table.audience <= widest)
    tables = tuple(table for table in leaving if table.lines)
    texts = tuple(text for text in bilan.texts if text.reviewed_at is not None and text.section != BilanSection.OPINION)
    return replace(
        bilan,
        tables=tables,
        texts=texts,
        facts=tuple(fact for fact in bilan.facts if not fact.inside),
        version=version,
        notice=_notice(tables, version),
    )


def hidden_counts(table: Table, version: Version, known: dict[Version, Outside]) -> Hidden:
    """The counts of ``table`` to hide in ``version``, given what the territory's bilan tells in each version."""
    inner = _protected(table, Version.INTERNAL.threshold, known[Version.INTERNAL], frozenset())
    found = inner
    if version is Version.PUBLISHED:
        found = _protected(table, version.threshold, known[version], inner)
    small = frozenset(n for n in found if n in table.sensitive and 0 < table.counts[n] < version.threshold)
    return Hidden(small, found - small)


def _protected(table: Table, threshold: int, outside: Outside, at_least: Collection[str]) -> frozenset[str]:
    found: set[str] = set()
    for part in table.islands():
        found |= _island(part, threshold, outside, at_least)
    return frozenset(found)


def _island(part: Table, threshold: int, outside: Outside, at_least: Collection[str]) -> set[str]:
    """What to hide of counts that hang together."""
    given = outside.shown & set(part.counts)
    part = replace(part, given=given)
    asked = {name for name in part.counts if name not in given and (name in at_least or name in outside.hidden)}
    # What the territory hides is not always small: it must not be computed here either.
    guarded = sorted(name for name in asked if name in outside.hidden and part.counts[name])
    try:
        hidden = set(protect(part, threshold=threshold, hidden=asked).hidden)
        return _guard(part, hidden, guarded, threshold)
    except ValueError:
        # The territory's own figures leave too little room: nothing more is told here.
        return set(part.counts) - given


def _guard(part: Table, hidden: set[str], guarded: Sequence[str], threshold: int) -> set[str]:
    """``hidden`` and what else keeps a reader from computing ``guarded``. Raises ``ValueError`` when nothing does."""
    system = System(part, guarded)
    for name in guarded:
        least, greatest = system.interval(name, hidden)
        if greatest - least + 1 >= threshold:
            continue
        costs = {each: 1.0 + part.counts[each] for each in system.names if each not in part.given}
        move = system.cheapest(name, threshold - 1, costs | dict.fromkeys(hidden, FREE))
        if move is None:
            raise ValueError(f"{name}: figures already given betray it")
        hidden = hidden | set(move.changes)
    return hidden


def _outside(bilan: PostBilan, version: Version, by: Actor) -> Outside:
    """What the territory's bilans of the two years print of this post in ``version``, whoever asks.

    The whole territory decides what is hidden of a post, so it is read as its managers do; only which figures of this
    post are printed comes out.
    """
    hidden: set[str] = set()
    shown: set[str] = set()
    system = Actor.system(by.territory)
    with rls.acting(system.context):
        for names in bilan.names:
            found = territory_bilan(year=names.of.year, by=system).for_readers(version)
            for row in found.bilan.rows:
                if row.key != bilan.post.key:
                    continue
                for measure, figure in row.figures.items():
                    name = names.row(row, measure)
                    if name in bilan.ledger.counts:
                        (hidden if figure.hidden else shown).add(name)
    return Outside(frozenset(hidden), frozenset(shown - hidden))


def _notice(tables: Iterable[DataTable], version: Version) -> str:
    start = f"{version.label} : les effectifs inférieurs à {version.threshold}"
    boxes = [box for table in tables for box in table.cells if box.hidden]
    if not boxes:
        text = f"{start} seraient masqués, aucun ne l'est."
    else:
        text = (
            f"{start} sont masqués et notés s., ainsi que ce qui permettrait de les retrouver"
            f" ({counted(len(boxes), 'case')} dans ce document)."
        )
    inside = "Le détail par mois, l'occupation du poste et l'avis de l'autorité fonctionnelle n'y figurent pas."
    return f"{text} {inside}"
