"""The pages of models, as a browser without scripts uses them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from conventions.models import Template
from conventions.services.model_drafts import start_draft
from conventions.services.models_library import load_shipped_models, national_model
from tests.cast import Cast


@pytest.fixture
def draft(cast: Cast) -> Template:
    load_shipped_models()
    with cast.acting("gestionnaire"):
        return start_draft(source=national_model("F2"), by=cast.actor("gestionnaire"))


def test_every_page_opens(cast: Cast, draft: Template):
    client = cast.client("gestionnaire")
    for name, args in (
        ("models", []),
        ("models-import", []),
        ("model", [draft.uuid]),
        ("model-compare", [draft.uuid]),
        ("model-preview", [draft.uuid]),
        ("model-export", [draft.uuid]),
        ("model-edit", [draft.uuid]),
        ("model-clause-add", [draft.uuid]),
        ("model-clause", [draft.uuid, "financement"]),
        ("model-variant", [draft.uuid, "financement", "standard"]),
        ("model-variant-add", [draft.uuid, "financement"]),
    ):
        response = client.get(reverse(name, args=args))
        assert response.status_code == 200, name
