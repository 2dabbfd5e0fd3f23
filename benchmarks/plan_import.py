"""What importing 10 000 plan rows costs, beside a plain read of the same workbook, in one run.

    python -m benchmarks.plan_import [number of plans, 2000 unless told; five rows each]

Works in a database of its own on the tests' embedded server, dropped at the end. Times are of this machine; the ratios
are what to compare. Memory is the peak of the whole process during a step (Linux), Django and the file included.

Measured once, 2 000 plans, on two cores busy with other work (ratios to the plain read of 1,7 s are then pessimistic):

    step (reading the file included)      seconds  rows/s  ratio  queries  peak MB
    plain read by openpyxl                    1,7    5876    1,0        0      118
    check, new plans                         14,1     710    8,3       28      144
    write all, check included, new plans     41,6     240   24,5      103      147
    check of the same file, unchanged        15,2     657    8,9       11      192
    check, every plan changed                30,3     330   17,8       61      194
    write all, every plan changed           166,7      60   98,0      226      197
    400 mistakes, all located                17,5     570   10,3       56      199

One plan in five of the third file is wrong, one mistake each, of ten kinds: cells that cannot be read, bodies nobody
knows, rows that contradict each other, what only the plans' service can refuse. Each must be found, and nothing else,
with its line and its column.
"""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django

PLANS = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
ROWS_EACH = 5
WRONG_EVERY = 5
#: Row of the plan, cell of the row, what is put there, column the mistake is told in.
MISTAKES: tuple[tuple[int, int, Any, str], ...] = (
    (0, 8, "12.345,67", "montant"),
    (0, 8, None, "montant"),
    (1, 6, "personne", "financeur"),
    (1, 7, "au pif", "mode"),
    (1, 9, 120, "pourcentage"),
    (2, 8, None, "montant"),
    (2, 1, 2027, "annee"),
    (3, 5, "a", "repere"),
    (3, 5, None, "repere"),
    (4, 7, "schedule", "mode"),
)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()
    from django.conf import settings

    from tests.database import private_database

    with private_database(settings.TEST_SERVER, "plans"):
        run()


def run() -> None:
    from core import rls
    from funding.models import FundingPlan, Share
    from funding.plan_sheets.importing import apply, review, table_of
    from parties.actors import Actor
    from parties.models import Organisation, Territory
    from posts.models import Post

    territory = Territory.objects.create(code="62", name="Pas-de-Calais")
    by = Actor.system(territory)
    with rls.acting(by.context):
        bodies = [
            Organisation.objects.create(territory=territory, kind="other", name=f"Corps {n}", key=f"corps-{n}")
            for n in range(4)
        ]
        Post.objects.create(territory=territory, key="poste", label="Poste", kind="ISG", employer=bodies[0])
    good, bad = workbook(), workbook(wrong=True)
    rows = PLANS * ROWS_EACH

    plain, _ = timed(lambda: plain_read(good))

    def acting(act: Callable[[], Any]) -> Callable[[], Any]:
        def inside() -> Any:
            with rls.acting(by.context):
                return act()

        return inside

    def checked(content: bytes) -> Callable[[], Any]:
        return acting(lambda: review(table=table_of(filename="plans.xlsx", content=content), by=by))

    def written(content: bytes, digest: str) -> Callable[[], Any]:
        return acting(lambda: apply(table=table_of(filename="plans.xlsx", content=content), by=by, expected=digest))

    checking, found = timed(checked(good))
    assert (len(found.added), found.problems) == (PLANS, [])
    writing, _ = timed(written(good, found.digest))
    with rls.acting(by.context):
        assert FundingPlan.objects.count() == PLANS
        assert Share.objects.filter(amount=None).count() == 0
    again, same = timed(checked(good))
    assert len(same.unchanged) == PLANS, "imported again, the file changes nothing"
    raised = workbook(raised=1)
    changing, moved = timed(checked(raised))
    assert len(moved.changed) == PLANS
    rewriting, _ = timed(written(raised, moved.digest))
    locating, mistakes = timed(checked(bad))
    assert [(p.line, p.column) for p in mistakes.problems] == planted(), mistakes.problems[:12]
    assert len({p.message for p in mistakes.problems}) >= min(len(MISTAKES), len(planted())) - 1

    print(f"\n{rows} lignes, {PLANS} plans ; lecture simple par openpyxl : {plain.seconds:.1f} s".replace(".", ","))
    print("| Étape (lecture du fichier comprise) | secondes | lignes/s | rapport à la lecture simple | requêtes | Mo |")
    print("|---|---:|---:|---:|---:|---:|")
    for label, cost in (
        ("lecture simple par openpyxl", plain),
        ("vérification et différences, plans nouveaux", checking),
        ("écriture de tout, vérification comprise, plans nouveaux", writing),
        ("vérification du même fichier, plans inchangés", again),
        ("vérification et différences, tous les plans changés", changing),
        ("écriture de tout, vérification comprise, plans changés", rewriting),
        (f"fichier avec {len(planted())} erreurs, toutes situées", locating),
    ):
        figures = f"{cost.seconds:.1f} | {rows / cost.seconds:.0f} | {cost.seconds / plain.seconds:.1f}"
        print(f"| {label} | {figures.replace('.', ',')} | {cost.queries} | {cost.peak:.0f} |", flush=True)


def planted() -> list[tuple[int, str]]:
    """(line, column) of each mistake of the third file."""
    found = []
    for plan in range(0, PLANS, WRONG_EVERY):
        row, _, _, column = mistake_of(plan)
        found.append((2 + plan * ROWS_EACH + row, column))
    return found


def mistake_of(plan: int) -> tuple[int, int, Any, str]:
    return MISTAKES[plan // WRONG_EVERY % len(MISTAKES)]


def workbook(*, wrong: bool = False, raised: int = 0) -> bytes:
    """The file, its mistakes if ``wrong``; costs ``raised`` by so many euros."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Plans")
    sheet.append(
        ["plan", "année", "employeur", "postes", "ligne", "repère", "financeur", "mode", "montant", "pourcentage"]
    )
    for plan in range(PLANS):
        head = [f"plan-{plan}", 2026, "corps-0", "poste"]
        rows: list[list[Any]] = [
            [*head, "coût", "", "", "", 42000 + plan + raised, None],
            [*head, "part", "a", "corps-1", "pourcentage", None, 50],
            [*head, "part", "b", "corps-2", "montant fixe", 1234.56, None],
            [*head, "part", "c", "corps-3", "parts égales", None, None],
            [*head, "part", "d", "corps-0", "reste", None, None],
        ]
        if wrong and plan % WRONG_EVERY == 0:
            row, cell, value, _ = mistake_of(plan)
            rows[row][cell] = value
        for values in rows:
            sheet.append(values)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def plain_read(content: bytes) -> int:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    return sum(1 for _ in book.worksheets[0].iter_rows(values_only=True))


@dataclass(frozen=True)
class Cost:
    """Seconds, queries, peak of the process in megabytes."""

    seconds: float
    queries: int
    peak: float


def timed(act: Callable[[], Any]) -> tuple[Cost, Any]:
    from django.db import connection

    count = 0

    def counted(execute: Any, *args: Any) -> Any:
        nonlocal count
        count += 1
        return execute(*args)

    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak reached so far
    start = time.perf_counter()
    with connection.execute_wrapper(counted):
        result = act()
    seconds = time.perf_counter() - start
    status = Path("/proc/self/status").read_text()
    [kilobytes] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return Cost(seconds, count, int(kilobytes) / 1024), result


if __name__ == "__main__":
    main()
