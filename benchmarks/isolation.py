"""What row-level security costs: the main readings with and without it, side by side in one run.

    python -m benchmarks.isolation

The same QuerySets run as the runtime role, under the policies, and as the owner, whom policies do not bind, with the
rows restricted by hand to those the policies leave. Works in a database of its own on the tests' embedded server,
dropped at the end. Times are those of the database and the way to it, without the making of objects. They are of this
machine, the ratios are what to compare. The least of alternated rounds: what disturbs only adds.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from typing import Any

import django

TERRITORIES = 40
POSTS = 30
YEARS = (2024, 2025, 2026)
ROUNDS = 25


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()
    from django.conf import settings

    from tests.database import private_database

    with private_database(settings.TEST_SERVER, "isolation"):
        run()


def run() -> None:
    from django.db import connections

    from core import rls
    from parties.actors import Actor

    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE '%%_journal'")
        journal = cursor.fetchall()
        for table, trigger in journal:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        territories = [fill(number) for number in range(TERRITORIES)]
        cursor.execute("ANALYZE")
    territory, epci = territories[TERRITORIES // 2]
    staff = Actor.system(territory).context
    member = rls.Context(territory.pk, rls.ORGANISATION, epci.pk, label="Mesure")
    print(f"{TERRITORIES} territoires, {TERRITORIES * POSTS * len(YEARS)} plans et autant de conventions.\n")
    print("| Lecture | qui | lignes | sans (ms) | avec (ms) | rapport |")
    print("|---|---|---:|---:|---:|---:|")
    for label, rows in readings().items():
        for who, context in (("Département", staff), ("EPCI", member)):
            print(line(label, rows, who, context))


def readings() -> dict[str, Callable[[str], Any]]:
    """Name → the QuerySet, on a database alias."""
    from conventions.models import Convention, Party
    from funding.models import FundingPlan, Share, Titre
    from posts.models import Post

    return {
        "Postes": lambda using: Post.objects.using(using).select_related("employer"),
        "Plans et leurs employeurs": lambda using: FundingPlan.objects.using(using).select_related("employer"),
        "Parts et leurs financeurs": lambda using: Share.objects.using(using).select_related("plan", "financer"),
        "Conventions": lambda using: Convention.objects.using(using).all(),
        "Parties et leurs conventions": lambda using: Party.objects.using(using).select_related("convention"),
        "Titres d'un exercice": lambda using: (
            Titre.objects.using(using).filter(year=YEARS[-1]).select_related("debtor")
        ),
    }


def line(label: str, rows: Callable[[str], Any], who: str, context: Any) -> str:
    from core import rls

    with rls.acting(context):
        keys = [row.pk for row in rows("default")]
    # What a careful program would write by hand: the territory for its staff; for an organisation, its rows, by key.
    mine = {"territory": context.territory_id} if context.scope == rls.STAFF else {"pk__in": keys}
    bound: list[float] = []
    free: list[float] = []
    for _ in range(ROUNDS):
        free.append(timed(rows("owner").filter(**mine), nullcontext()))
        bound.append(timed(rows("default"), rls.acting(context)))
    ratio = f"{min(bound) / min(free):.1f}"
    return f"| {label} | {who} | {len(keys)} | {ms(min(free))} | {ms(min(bound))} | {ratio} |".replace(".", ",")


def timed(rows: Any, around: AbstractContextManager[Any]) -> float:
    """Seconds to send a reading and fetch its rows; what sets the context is not part of it."""
    from django.db import connections

    text, params = rows.query.get_compiler(rows.db).as_sql()
    with around, connections[rows.db].cursor() as cursor:
        start = time.perf_counter()
        cursor.execute(text, params)
        cursor.fetchall()
        return time.perf_counter() - start


def fill(number: int) -> tuple[Any, Any]:
    """One territory: its organisations, posts, and for each post and year a plan, its shares, a convention, titres."""
    from conventions.models import Convention, ConventionPlan, ConventionPost, Party
    from core import rls
    from funding.models import FundingPlan, PlanPost, Share, Titre
    from parties.actors import Actor
    from parties.models import Organisation, Territory
    from posts.models import Post

    territory = Territory.objects.create(code=f"{number:02}", name=f"Territoire {number}")
    with rls.acting(Actor.system(territory).context):
        state = Organisation.objects.create(territory=territory, kind="prefecture", name="État")
        bodies = [
            Organisation.objects.create(territory=territory, kind="epci", legal_form="CC", name=f"EPCI {each}")
            for each in range(POSTS)
        ]
        posts = Post.objects.bulk_create(
            Post(territory=territory, key=f"p{each}", label=f"Poste {each}", employer=bodies[each])
            for each in range(POSTS)
        )
        pairs = [(year, each) for year in YEARS for each in range(POSTS)]
        plans = FundingPlan.objects.bulk_create(
            FundingPlan(
                territory=territory, key=f"f{year}-{each}", label=f"Plan {each}", year=year, employer=bodies[each],
                period_start=dt.date(year, 1, 1), period_end=dt.date(year, 12, 31),
            )
            for year, each in pairs
        )  # fmt: skip
        PlanPost.objects.bulk_create(
            PlanPost(territory=territory, plan=plan, post=posts[each])
            for plan, (_, each) in zip(plans, pairs, strict=True)
        )
        owing = [state, *bodies[:2]]
        Share.objects.bulk_create(
            Share(territory=territory, plan=plan, ref=f"r{rank}", financer=body, position=rank, amount=Decimal(15000))
            for plan in plans
            for rank, body in enumerate(owing)
        )
        Titre.objects.bulk_create(
            Titre(
                territory=territory, plan=plan, share_ref=f"r{rank}", entry_id=f"{plan.pk}-{rank}", issuer=bodies[each],
                debtor=body, year=year, base=15000, due=12, planned=12, amount=15000, subject="Participation",
            )
            for plan, (year, each) in zip(plans, pairs, strict=True)
            for rank, body in enumerate(owing)
            if body != bodies[each]
        )  # fmt: skip
        conventions = Convention.objects.bulk_create(
            Convention(
                territory=territory, reference=f"{number}-{year}-{each}", title="Convention", family="F2",
                status="signee", signed_on=dt.date(year, 3, 1), period_start=dt.date(year, 1, 1),
                period_end=dt.date(year, 12, 31),
            )
            for year, each in pairs
        )  # fmt: skip
        links = list(zip(conventions, plans, pairs, strict=True))
        ConventionPost.objects.bulk_create(
            ConventionPost(territory=territory, convention=convention, post=posts[each])
            for convention, _, (_, each) in links
        )
        ConventionPlan.objects.bulk_create(
            ConventionPlan(territory=territory, convention=convention, plan=plan) for convention, plan, _ in links
        )
        Party.objects.bulk_create(
            Party(territory=territory, convention=convention, organisation=body, position=rank, roles=["financer"])
            for convention, _, (_, each) in links
            for rank, body in enumerate({body.pk: body for body in (state, bodies[each], bodies[0])}.values(), start=1)
        )
    return territory, bodies[2]


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f}"


if __name__ == "__main__":
    main()
