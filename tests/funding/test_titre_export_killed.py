"""A worker killed in the middle of an export, started again: one complete batch, no titre lost, none twice."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Count

from funding.models import BatchLine, ExportBatch, FundingPlan, Titre, TitreEvent
from funding.services.titre_jobs import start_export
from parties.enums import JobState
from parties.jobs import resume_interrupted
from parties.models import Job, Organisation
from tests.funding.titre_world import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)
TITRES = 1200
PER_PLAN = 300


def many(world: World) -> None:
    """Ready titres of the CC du Sud-Artois to the Département, in bulk."""
    # Nothing left to complete: checking them writes nothing.
    address = {"siret": "22620001200012", "address1": "rue Ferdinand Buisson", "postal_code": "62018", "city": "ARRAS"}
    Organisation.objects.filter(pk=world.departement.pk).update(**address)
    for number in range(TITRES // PER_PLAN):
        plan: FundingPlan = world.plan(
            employer=world.sud_artois, key=f"p{number}", year=2023, shares=[(world.departement, "1000")]
        )
        Titre.objects.bulk_create(
            Titre(
                territory=world.territory,
                plan=plan,
                issuer=world.sud_artois,
                debtor=world.departement,
                status="pret",
                entry_id=f"e-{number}-{rank}",
                share_ref=f"s{rank}",
                year=2023,
                base=1000,
                due=12,
                planned=12,
                amount=1000,
                subject="PARTICIPATION",
                reference="62-A12",
                statement={"legal_basis": {"text": "convention"}},
            )
            for rank in range(PER_PLAN)
        )


def worker(folder: Path, stop_at: str = "") -> subprocess.Popen[str]:
    name = connection.settings_dict["NAME"]
    command = [sys.executable, "-m", "tests.funding.export_worker", name, str(folder), stop_at]
    environment = {**os.environ, "PYTHONPATH": str(settings.BASE_DIR)}
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def kill_when_there(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    line = process.stdout.readline()
    process.kill()
    _out, errors = process.communicate(timeout=30)
    assert line == "here\n", errors


def test_killed_in_mid_export_then_started_again_there_is_one_complete_batch(tmp_path: Path) -> None:
    world = make_world()
    officer = world.actor(world.sud_artois)
    with world.acting():
        many(world)
    with world.acting(officer):
        job = start_export(issuer=world.sud_artois, year=2023, file_format="csv", by=officer)
    for place in ("write", "kept"):
        kill_when_there(worker(tmp_path, place))
        with world.acting():
            assert not ExportBatch.objects.exists()
            assert set(Titre.objects.values_list("status", "batch")) == {("pret", None)}
            assert Job.objects.get(pk=job.pk).state == JobState.RUNNING
        assert resume_interrupted() == 1
    process = worker(tmp_path)
    _out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    with world.acting():
        done = Job.objects.get(pk=job.pk)
        assert (done.state, done.attempts) == (JobState.DONE, 3), done.message
        batch = ExportBatch.objects.get()
        assert (batch.number, batch.count) == (1, TITRES)
        assert set(Titre.objects.values_list("status", "batch")) == {("exporte", batch.pk)}
        assert BatchLine.objects.filter(batch=batch).count() == TITRES
        exported = TitreEvent.objects.filter(act="exporter").values("titre").annotate(times=Count("pk"))
        assert {row["times"] for row in exported} == {1}
        assert len(exported) == TITRES
    with (tmp_path / batch.stored_as).open(encoding="utf-8-sig", newline="") as file:
        keys = [row["id_ecriture"] for row in csv.DictReader(file, delimiter=";")]
    assert len(keys) == len(set(keys)) == TITRES
    assert resume_interrupted() == 0
