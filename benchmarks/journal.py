"""What the journal costs: the same writes with and without its triggers, side by side in one run.

    python -m benchmarks.journal

Works in a database of its own on the tests' embedded server, dropped at the end. Times are of this machine; the ratios
are what to compare. Each figure is the median of several rounds, commit included, since sealing happens there.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

import django

ROWS = 1000
ROUNDS = 7
SINGLE = 100


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()
    from django.conf import settings

    from tests.database import private_database

    with private_database(settings.TEST_SERVER, "journal"):
        run()


def run() -> None:
    from core import rls
    from funding.models import FundingPlan, Share
    from parties.actors import Actor
    from parties.journal import verify_journal
    from parties.models import Organisation, Territory

    territory = Territory.objects.create(code="62", name="Pas-de-Calais")
    context = Actor.system(territory).context
    with rls.acting(context):
        employer = Organisation.objects.create(territory=territory, kind="other", name="Employeur")
        plan = FundingPlan.objects.create(
            employer=employer, label="Plan", year=2026, period_start="2026-01-01", period_end="2026-12-31"
        )
        Share.objects.bulk_create(Share(territory=territory, plan=plan, ref=f"r{i}", amount=i) for i in range(ROWS))

    amounts = iter(range(1, 10**9))

    def bulk() -> None:
        with rls.acting(context):
            Share.objects.filter(plan=plan).update(amount=Decimal(next(amounts)))

    def one_by_one() -> None:
        with rls.acting(context):
            for share in Share.objects.filter(plan=plan)[:SINGLE]:
                share.amount = Decimal(next(amounts))
                share.save()

    def one_request() -> None:
        with rls.acting(context):
            share = Share.objects.filter(plan=plan)[0]
            share.amount = Decimal(next(amounts))
            share.save()

    print("| Écriture | sans journal (ms) | avec journal (ms) | rapport |")
    print("|---|---:|---:|---:|")
    for label, act in (
        (f"{ROWS} parts, une requête UPDATE", bulk),
        (f"{SINGLE} parts enregistrées une à une", one_by_one),
        ("une part, une transaction", one_request),
    ):
        without, with_journal = measured(act)
        ratio = f"{with_journal / without:.1f}".replace(".", ",")
        print(f"| {label} | {_ms(without)} | {_ms(with_journal)} | {ratio} |")
    start = time.perf_counter()
    found = verify_journal(territory)
    spent = time.perf_counter() - start
    assert not found.problems
    print(f"\nVérification : {found.count} écritures en {_ms(spent)} ms ({round(found.count / spent)} par seconde).")


def measured(act: Callable[[], None]) -> tuple[float, float]:
    """Median seconds (without, with) of alternated rounds: what slows the machine slows both."""
    without: list[float] = []
    with_journal: list[float] = []
    act()
    for _ in range(ROUNDS):
        with triggers_off():
            without.append(_timed(act))
        with_journal.append(_timed(act))
    return statistics.median(without), statistics.median(with_journal)


@contextmanager
def triggers_off() -> Iterator[None]:
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE funding_share DISABLE TRIGGER funding_share_journal")
        yield
        cursor.execute("ALTER TABLE funding_share ENABLE TRIGGER funding_share_journal")


def _timed(act: Callable[[], None]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}".replace(".", ",")


if __name__ == "__main__":
    main()
