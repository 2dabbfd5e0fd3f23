"""Small-number protection of a year's bilan: how long it takes as posts and quarters are added.

``python -m benchmarks.bilan_protection``: for 10, 20 and 40 posts, the year alone then with its four quarters, the time
to choose what the partners' and the public versions hide, and how many cells that is. The figures are drawn once, from
a fixed seed: two runs compare. The ratio printed is that of the quarters to the year alone.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    import django

    django.setup()

from reporting.bilan.compute import PostYear, Return, year_bilan
from reporting.bilan.model import Bilan
from reporting.bilan.publication import Version, protected
from reporting.protection import Cause

SEED = 62


def drawn(posts: int, *, months: bool) -> Bilan:
    """A year of ``posts`` posts whose months are small: about 230 saisines a year each, and ten times less in three."""
    draw = random.Random(SEED)
    return year_bilan(
        year=2023,
        posts=[
            PostYear(
                key=f"poste-{number}",
                label=f"Poste {number}",
                employer="Employeur",
                group="Postes",
                epci_count=1,
                communes={},
                returns=tuple(_returns(draw, months=months, quiet=number % 13 == 0)),
            )
            for number in range(posts)
        ],
    )


def _returns(draw: random.Random, *, months: bool, quiet: bool) -> list[Return]:
    if months:
        return [Return(month, "", _counts(draw, 1, quiet)) for month in range(1, 13)]
    return [Return(None, "", _counts(draw, 12, quiet))]


def _counts(draw: random.Random, scale: int, quiet: bool) -> dict[str, int]:
    base = draw.randint(4, 14) * scale
    people = (
        {"women": draw.randint(0, 2), "men": draw.randint(0, 1), "children": int(draw.random() < 0.3)}
        if quiet
        else {"women": draw.randint(6, 16), "men": draw.randint(1, 5), "children": draw.randint(0, 3)}
    )
    return {name: count * scale for name, count in people.items()} | {
        "interviews_in_person": draw.randint(8, 25) * scale,
        "interviews_phone": draw.randint(8, 40) * scale,
        "interviews_partners": draw.randint(0, 8) * scale,
        "vif_base": base,
        "vif_count": draw.randint(0, base),
    }


def main() -> None:
    print(f"{'postes':>6} {'cellules':>9} {'version':>10} {'secondes':>9} {'petits':>7} {'autres':>7}")
    for posts in (10, 20, 40):
        spent = {}
        for months in (False, True):
            bilan = drawn(posts, months=months)
            for version in Version:
                start = time.perf_counter()
                table, found = protected(bilan, version)
                seconds = time.perf_counter() - start
                spent[months, version] = seconds
                small, others = found.count(Cause.SMALL), found.count(Cause.DEDUCTION)
                cells = len(table.counts)
                print(f"{posts:>6} {cells:>9} {version.value:>10} {seconds:>9.2f} {small:>7} {others:>7}", flush=True)
        for version in Version:
            ratio = spent[True, version] / spent[False, version]
            print(f"{posts:>6} trimestres / année seule, version {version.value} : × {ratio:.1f}")


if __name__ == "__main__":
    main()
