"""What importing 10 000 plan rows costs, beside a plain read of the same workbook, in one run.

    python -m benchmarks.plan_import [number of plans, 2000 unless told; five rows each]

Works in a database of its own on the tests' embedded server, dropped at the end. Times are of this machine; the ratios
are what to compare. One row in a hundred of the third file is wrong: each must be found, with its line and column.
"""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import django

PLANS = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
ROWS_EACH = 5
WRONG_EVERY = 100


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()
    from django.conf import settings

    from tests.database import private_database

    with private_database(settings.TEST_SERVER, "plans"):
        run()


def run() -> None:
    from core import rls
    from funding.models import FundingPlan
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
    good, bad = workbook(wrong=False), workbook(wrong=True)
    rows = PLANS * ROWS_EACH

    plain, _ = timed(lambda: plain_read(good))
    reading, table = timed(lambda: table_of(filename="plans.xlsx", content=good))

    def acting(act: Callable[[], Any]) -> Callable[[], Any]:
        def inside() -> Any:
            with rls.acting(by.context):
                return act()

        return inside

    checking, found = timed(acting(lambda: review(table=table, by=by)))
    assert (len(found.added), found.problems) == (PLANS, [])
    writing, _ = timed(acting(lambda: apply(table=table, by=by, expected=found.digest)))
    with rls.acting(by.context):
        assert FundingPlan.objects.count() == PLANS
    again, same = timed(acting(lambda: review(table=table, by=by)))
    assert len(same.unchanged) == PLANS, "imported again, the file changes nothing"
    locating, mistakes = timed(acting(lambda: review(table=table_of(filename="plans.xlsx", content=bad), by=by)))
    expected = [line for line in range(2, rows + 2) if is_wrong(line)]
    assert [p.line for p in mistakes.problems] == expected
    assert {p.column for p in mistakes.problems} == {"montant"}

    print(f"\n{rows} lignes, {PLANS} plans ; lecture simple par openpyxl : {plain:.1f} s".replace(".", ","))
    print("| Étape | secondes | rapport à la lecture simple |")
    print("|---|---:|---:|")
    for label, seconds in (
        ("lecture du fichier", reading),
        ("vérification et différences, plans nouveaux", checking),
        ("écriture de tout, vérification comprise", writing),
        ("vérification du même fichier, plans inchangés", again),
        (f"fichier avec {len(expected)} erreurs, toutes situées", locating),
    ):
        print(f"| {label} | {seconds:.1f} | {seconds / plain:.1f} |".replace(".", ","))


def is_wrong(line: int) -> bool:
    # A cost's amount: the first row of a plan.
    return (line - 2) % (WRONG_EVERY * ROWS_EACH) == 0


def workbook(*, wrong: bool) -> bytes:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Plans")
    sheet.append(
        ["plan", "année", "employeur", "postes", "ligne", "repère", "financeur", "mode", "montant", "pourcentage"]
    )
    line = 1
    for plan in range(PLANS):
        head = [f"plan-{plan}", 2026, "corps-0", "poste"]
        for row in (
            ["coût", "", "", "", 42000 + plan, None],
            ["part", "a", "corps-1", "pourcentage", None, 50],
            ["part", "b", "corps-2", "montant fixe", 1234.56, None],
            ["part", "c", "corps-3", "parts égales", None, None],
            ["part", "d", "corps-0", "reste", None, None],
        ):
            line += 1
            if wrong and is_wrong(line):
                row[4] = "12.345,67"
            sheet.append([*head, *row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def plain_read(content: bytes) -> int:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    return sum(1 for _ in book.worksheets[0].iter_rows(values_only=True))


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = act()
    return time.perf_counter() - start, result


if __name__ == "__main__":
    main()
