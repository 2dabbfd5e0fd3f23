"""Two people exporting, or preparing, at the same moment: no titre twice."""

import threading

import pytest
from django.db import connection

from core import rls
from funding.models import ExportBatch, Titre
from funding.services.titre_exports import NothingToExport, export_titres
from funding.services.titres import propose_titres
from parties.actors import Actor
from tests.funding.titre_world import World, make_world, sud_artois_2023

pytestmark = pytest.mark.django_db(transaction=True)


def together(actor: Actor, act) -> list[object]:  # type: ignore[no-untyped-def]
    """Run ``act`` in two connections that start together; what each returned or raised."""
    barrier = threading.Barrier(2)
    results: list[object] = []

    def run() -> None:
        try:
            with rls.acting(actor.context):
                barrier.wait(timeout=30)
                results.append(act())
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.fixture
def world() -> World:
    return make_world()


def test_two_exports_make_one_batch(world: World) -> None:
    officer = world.actor(world.sud_artois)
    with world.acting():
        propose_titres(plan=sud_artois_2023(world), by=world.system)
    results = together(
        officer, lambda: export_titres(issuer=world.sud_artois, year=2023, file_format="csv", by=officer)
    )
    assert sorted(type(result).__name__ for result in results) == ["ExportBatch", "NothingToExport"]
    assert "lot n° 1" in str(next(r for r in results if isinstance(r, NothingToExport)))
    with world.acting():
        batch = ExportBatch.objects.get()
        assert (batch.count, Titre.objects.filter(batch=batch).count()) == (2, 2)


def test_two_proposals_make_each_titre_once(world: World) -> None:
    officer = world.actor(world.sud_artois)
    with world.acting():
        plan = sud_artois_2023(world)
    results = together(officer, lambda: [titre.pk for titre in propose_titres(plan=plan, by=officer)])
    assert results[0] == results[1]
    with world.acting():
        assert Titre.objects.count() == 2
