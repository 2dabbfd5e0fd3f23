"""The interchange screen: check, agree, apply; and the download."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from parties.models import Organisation
from tests.cast import Cast
from tests.reporting.dossiers import content, exported

pytestmark = pytest.mark.django_db


def here(**sections: Any) -> dict[str, Any]:
    territory = {"code": "62", "name": "Pas-de-Calais"}
    return {"format": "cosigne-dossier", "version": 1, "territory": territory, **sections}


NEW = here(organisations=[{"key": "neuve", "kind": "association", "name": "Association neuve"}])


def check(client: Client, data: bytes) -> Any:
    return client.post(reverse("dossier"), {"file": SimpleUploadedFile("dossier.json", data)})


def exists(cast: Cast) -> bool:
    with cast.acting("gestionnaire"):
        return Organisation.objects.filter(key="neuve").exists()


def test_a_file_is_checked_then_applied(cast: Cast):
    client = cast.client("gestionnaire")

    page = check(client, content(NEW))

    assert page.status_code == 200
    assert "1 ligne créée" in page.text
    assert not exists(cast)
    agreed = re.search(r'name="agreed" value="([^"]*)"', page.text)
    assert agreed

    answer = client.post(reverse("dossier"), {"agreed": html.unescape(agreed[1])})

    assert answer.status_code == 302
    assert exists(cast)

    again = check(client, content(NEW))
    assert "Tout est déjà enregistré" in again.text
    assert 'name="agreed"' not in again.text


def test_errors_are_shown_with_their_place(cast: Cast):
    broken = json.loads(content(NEW))
    broken["organisations"][0]["kind"] = "asociation"

    page = check(cast.client("gestionnaire"), content(broken))

    assert page.status_code == 422
    assert "organisations[0].kind" in page.text
    assert "« association »" in page.text
    assert 'name="agreed"' not in page.text


def test_what_was_agreed_is_checked_again(cast: Cast):
    answer = cast.client("gestionnaire").post(reverse("dossier"), {"agreed": '{"format": "autre"}'})

    assert answer.status_code == 422
    assert not exists(cast)


def test_no_file_is_said_beside_the_field(cast: Cast):
    page = cast.client("gestionnaire").post(reverse("dossier"), {})

    assert page.status_code == 422
    assert not exists(cast)


def test_the_download_is_the_export(cast: Cast):
    answer = cast.client("gestionnaire").get(reverse("dossier-export"))

    assert answer["Content-Type"].startswith("application/json")
    assert "attachment" in answer["Content-Disposition"]
    assert answer.content.decode() == exported("62")


@pytest.mark.parametrize("person", ["finances_a", "instructeur", "partenaire", "employeur_a"])
@pytest.mark.parametrize("name", ["dossier", "dossier-export"])
def test_other_roles_stay_out(cast: Cast, person: str, name: str):
    assert cast.client(person).get(reverse(name)).status_code == 403


def test_other_roles_cannot_post(cast: Cast):
    answer = cast.client("finances_a").post(reverse("dossier"), {"agreed": content(NEW).decode()})

    assert answer.status_code == 403
    assert not exists(cast)
