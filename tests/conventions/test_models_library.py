"""Shipped models in the database: every version side by side, and a published one never rewritten."""

from __future__ import annotations

import json
import shutil
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from conventions.clauses.sets import MODELS, ClauseSetError, shipped_files
from conventions.enums import Family
from conventions.models import Clause, Convention, Template
from conventions.services.drafting import latest_template
from conventions.services.models_library import CHANGED, load_shipped_models
from conventions.text import build_content
from conventions.text.clauses import template_clauses
from core import rls
from tests.cast import Cast
from tests.conventions.pages import make_draft

pytestmark = pytest.mark.django_db


def platform() -> AbstractContextManager[None]:
    return rls.acting(rls.Context(scope="platform"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The shipped files, to change one."""
    return Path(shutil.copytree(MODELS, tmp_path / "models"))


def test_every_family_and_every_version_is_loaded_once():
    first = load_shipped_models()
    again = load_shipped_models()

    assert all(line.endswith("chargé") for line in first)
    assert all(line.endswith("déjà présent") for line in again)
    with platform():
        loaded = set(Template.objects.values_list("family", "version"))
        assert loaded == {(f, 1) for f in Family.values} | {("F1", 2), ("F2", 2), ("F3", 2)}
        assert len(shipped_files()) == len(loaded)
        for template in Template.objects.all():
            assert len(template_clauses(template)) == template.clauses.count() >= 18


def test_a_changed_file_without_a_new_number_is_told_and_left_aside(copy):
    load_shipped_models()
    path = copy / "F2.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    data["clauses"][3]["title"] = "Autre titre"
    path.write_text(json.dumps(data), encoding="utf-8")

    lines = load_shipped_models(copy)

    assert [line for line in lines if line.endswith(CHANGED)] == [
        next(line for line in lines if line.startswith("Modèle F2 version 2"))
    ]
    with platform():
        assert Clause.objects.filter(template__family="F2", template__version=2).count() == 30
        assert not Clause.objects.filter(title="Autre titre").exists()


def test_a_file_with_a_mistake_loads_nothing(copy):
    path = copy / "F6.json"
    path.write_text(path.read_text(encoding="utf-8").replace("{{ renewal.limit }}", "{{ renewal.limite }}"), "utf-8")

    with pytest.raises(ClauseSetError, match=r"variable inconnue : « renewal\.limite »"):
        load_shipped_models(copy)

    with platform():
        assert not Template.objects.exists(), "all the files, or none"
    load_shipped_models()
    with platform():
        assert Template.objects.filter(family="F6").exists()


def test_a_convention_keeps_the_version_it_came_from(cast: Cast):
    with cast.acting("gestionnaire"):
        convention = make_draft(cast)
        assert convention.template is not None
        assert convention.template.version == 2
        before = build_content(convention)
        convention.template = Template.objects.get(family="F2", version=1)
        convention.save(update_fields=["template"])

        older = build_content(Convention.objects.get(pk=convention.pk))

        kinds = {article["kind"] for article in older["articles"]}
        assert "denonciation" not in kinds
        assert "denonciation" in {article["kind"] for article in before["articles"]}
        newest = latest_template("F2", cast.actor("gestionnaire"))
        assert newest is not None
        assert newest.version == 2
