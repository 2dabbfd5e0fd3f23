"""Which reports were handed in. Steps of a report belong to the floor above, which registers its reader here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from parties.actors import Actor

#: (convention, post) ids → keys of the periods handed in, for the conventions an actor sees. One query.
Reader = Callable[[Actor], Mapping[tuple[int, int], frozenset[str]]]
_readers: list[Reader] = []


def register(reader: Reader) -> None:
    """Once, when the app above is ready; again changes nothing."""
    if reader not in _readers:
        _readers.append(reader)


def handed_in(by: Actor) -> Mapping[tuple[int, int], frozenset[str]]:
    found: dict[tuple[int, int], frozenset[str]] = {}
    for reader in _readers:
        for place, keys in reader(by).items():
            found[place] = found.get(place, frozenset()) | keys
    return found
