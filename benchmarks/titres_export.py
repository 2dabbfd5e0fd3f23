"""Exporting titres: memory and time of the real export beside a plain ``csv.writer`` over the same rows, in one run.

    python -m benchmarks.titres_export [--titres 100000] [--format csv]

Works in a database of its own on the tests' embedded server, dropped at the end. Each measure is a process of its own:
its peak memory is that measure's alone. The export checks every titre, marks, logs and journals it, keeps the file;
the plain writer reads the same rows through the same cursor and writes the same cells, and does nothing else.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django

PER_PLAN = 20
YEAR = 2023


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--titres", type=int, default=100_000)
    parser.add_argument("--format", default="csv", choices=["csv", "xlsx"])
    parser.add_argument("--measure", default="", choices=["", "export", "plain", "nothing"], help=argparse.SUPPRESS)
    parser.add_argument("--database", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    from django.conf import settings

    if options.measure:
        folder = tempfile.mkdtemp(prefix="titres-")
        backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder}}
        settings.STORAGES["default"] = backend
        for alias in ("default", "owner"):
            settings.DATABASES[alias]["NAME"] = options.database
        django.setup()
        measure(options.measure, options.format, Path(folder))
        return
    django.setup()
    from tests.database import private_database

    with private_database(settings.TEST_SERVER, "titres") as database:
        small = options.titres // 10
        print("| Mesure | titres | secondes | mémoire de pointe (Mo) |")
        print("|---|---:|---:|---:|")
        fill(small)
        run("plain", small, options.format, database)
        run("export", small, options.format, database)
        fill(options.titres, first=small)
        run("nothing", 0, options.format, database)
        run("plain", options.titres, options.format, database)
        run("export", options.titres, options.format, database)


def fill(count: int, first: int = 0) -> None:
    """``count`` ready titres on their plans, posts and occupancies; ``first`` numbers the plans."""
    from core import rls
    from funding.models import FundingPlan, PlanPost, Titre
    from parties.actors import Actor
    from parties.models import Organisation, Territory
    from posts.models import Occupancy, Post

    territory = Territory.objects.get_or_create(code="62", defaults={"name": "Pas-de-Calais"})[0]
    with rls.acting(Actor.system(territory).context):
        issuer, debtor = (
            Organisation.objects.get_or_create(
                territory=territory, key=key, defaults={"kind": "epci", "legal_form": "CC", "name": key, "siren": siren}
            )[0]
            for key, siren in (("CC du Sud-Artois", "200035442"), ("CC du Ternois", "200069672"))
        )
        for start in range(0, count, PER_PLAN * 500):
            numbers = range(first + start, first + min(start + PER_PLAN * 500, count), PER_PLAN)
            here = {"territory": territory}
            plans = FundingPlan.objects.bulk_create(
                FundingPlan(
                    **here, key=f"p{n}", employer=issuer, label=f"Plan {n}", year=YEAR, status="engage",
                    period_start=f"{YEAR}-01-01", period_end=f"{YEAR}-12-31",
                )
                for n in numbers
            )  # fmt: skip
            posts = Post.objects.bulk_create(
                Post(**here, key=f"p{n}", employer=issuer, label=f"Poste {n}", kind="ISC") for n in numbers
            )
            PlanPost.objects.bulk_create(
                PlanPost(**here, plan=plan, post=post) for plan, post in zip(plans, posts, strict=True)
            )
            Occupancy.objects.bulk_create(Occupancy(**here, post=post, start="2020-01-01") for post in posts)
            Titre.objects.bulk_create(
                (
                    Titre(
                        **here, plan=plan, issuer=issuer, debtor=debtor, status="pret", share_ref=f"s{rank}",
                        entry_id=f"62-{YEAR}-{plan.key}-s{rank}", year=YEAR, base=20045, due=12, planned=12,
                        amount=20045, subject="PARTICIPATION ISC 2023 CONV 62-A04 : 20045,00 X 12/12",
                        reference="62-A04", statement={"rate": "33.3333", "legal_basis": {"text": "convention"}},
                    )
                    for plan in plans
                    for rank in range(PER_PLAN)
                ),
                batch_size=2000,
            )  # fmt: skip


def run(name: str, count: int, file_format: str, database: str) -> None:
    command = [sys.executable, "-m", "benchmarks.titres_export", "--measure", name, "--database", database]
    subprocess.run([*command, "--format", file_format, "--titres", str(count)], check=True)


def measure(name: str, file_format: str, folder: Path) -> None:
    from core import rls
    from parties.actors import Actor
    from parties.models import Organisation, Territory

    territory = Territory.objects.get(code="62")
    actor = Actor.system(territory)
    start, count = time.perf_counter(), 0
    label = {"nothing": "Application chargée, rien de fait", "plain": "csv.writer sur les mêmes lignes"}.get(
        name, f"Export complet ({file_format.upper()})"
    )
    with rls.acting(actor.context):
        issuer = Organisation.objects.get(siren="200035442")
        if name == "export":
            from funding.services.titre_exports import export_titres

            count = export_titres(issuer=issuer, year=YEAR, file_format=file_format, by=actor).count
        elif name == "plain":
            count = plain(issuer, folder)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    took = f"{seconds:.1f}".replace(".", ",")
    print(f"| {label} | {count} | {took} | {peak:.0f} |", flush=True)


def plain(issuer: object, folder: Path) -> int:
    """The same cells, read the same way, written by ``csv.writer`` and nothing else."""
    import csv
    import datetime as dt

    from funding.exports.columns import COLUMNS, Entry
    from funding.models import Titre

    rows = Titre.objects.filter(issuer=issuer, status="pret").select_related("issuer", "debtor", "plan", "original")
    count = 0
    with (folder / "plain.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        for titre in rows.order_by("debtor__name", "entry_id").iterator(chunk_size=1000):
            entry = Entry(titre, dt.date(YEAR, 12, 31))
            writer.writerow([column.read(entry) for column in COLUMNS])
            count += 1
    return count


if __name__ == "__main__":
    main()
