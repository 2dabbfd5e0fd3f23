"""A territory's own model and the national one may bear the same version: a dossier tells them apart."""

from __future__ import annotations

import json

import pytest

from conventions.models import Convention
from conventions.services.model_drafts import publish_draft, start_draft
from conventions.services.models_library import national_model
from reporting.dossier.territory import import_file
from tests.cast import Cast
from tests.conventions.model_files import load_two_models
from tests.reporting.dossiers import exported

pytestmark = pytest.mark.django_db


def test_the_model_of_a_convention_makes_the_round_trip(cast: Cast):
    load_two_models()
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        national = national_model("F2")
        assert national is not None
        first = publish_draft(template=start_draft(source=national, by=by), by=by)
        own = publish_draft(template=start_draft(source=first, by=by), by=by)
        assert own.version == national.version == 2
        drafts = [cast.convention["d"], cast.convention["e"]]
        for convention, model in zip(drafts, (own, national), strict=True):
            Convention.objects.filter(pk=convention.pk).update(template=model, status="brouillon")
    dossier = json.loads(exported("62"))
    named = {row["reference"]: row["template"] for row in dossier["conventions"]}
    assert named["62-D"] == {"family": "F2", "version": 2, "own": True}
    assert named["62-E"] == {"family": "F2", "version": 2}
    with cast.acting("gestionnaire"):
        Convention.objects.filter(pk=drafts[0].pk).update(template=national)
        Convention.objects.filter(pk=drafts[1].pk).update(template=own)
    import_file(json.dumps(dossier).encode())
    with cast.acting("gestionnaire"):
        for convention, model in zip(drafts, (own, national), strict=True):
            convention.refresh_from_db()
            assert convention.template == model
