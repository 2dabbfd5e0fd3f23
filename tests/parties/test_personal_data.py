"""The register, and a person's copy of what the service holds about them: everything theirs, nothing else."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from conventions.models import Comment
from parties.personal_data import personal_data
from parties.retention import rules
from tests.cast import Cast


@pytest.fixture
def spoken(cast: Cast) -> Cast:
    """Two people of the préfecture's side and of the Département each wrote a comment."""
    for who, words in (("instructeur", "Mes mots à moi"), ("gestionnaire", "Les mots d'un autre")):
        with cast.acting(who):
            Comment.objects.create(
                convention=cast.convention["a"], text=words, by=cast.membership[who].user, by_label=who
            )
    return cast


def test_ones_own_traces_and_no_one_elses(spoken: Cast):
    user = spoken.membership["instructeur"].user
    data = personal_data(user)
    text = json.dumps(data, ensure_ascii=False)
    assert data["compte"]["adresse"] == user.email
    assert [row["territoire"] for row in data["acces"]] == ["Pas-de-Calais"]
    assert "Mes mots à moi" in text
    assert "Les mots d'un autre" not in text
    assert user.password not in text
    others = {m.user.email for m in spoken.membership.values()} - {user.email}
    assert not [email for email in others if email in text]


def test_the_person_downloads_it(spoken: Cast):
    client = spoken.client("instructeur")
    assert reverse("own-data") in client.get(reverse("account")).content.decode()
    answer = client.get(reverse("own-data"))
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="mes-donnees-')
    assert "no-store" in answer.headers["Cache-Control"]
    data = answer.json()
    [session] = [row for row in data["traces"] if row["nature"] == "session ouverte"]
    assert session["navigateur"]
    assert client.session.session_key not in answer.content.decode()


def test_the_operator_exports_it(spoken: Cast, tmp_path: Path):
    user = spoken.membership["instructeur"].user
    out, file = StringIO(), tmp_path / "copie.json"
    call_command("export_person", user.email.upper(), stdout=out)
    call_command("export_person", user.email, "--output", str(file), stdout=StringIO())
    assert json.loads(out.getvalue())["compte"] == json.loads(file.read_text("utf-8"))["compte"]
    with pytest.raises(CommandError, match="Aucun compte"):
        call_command("export_person", "personne@exemple.fr")
    with pytest.raises(CommandError, match="ne peut pas être écrit"):
        call_command("export_person", user.email, "--output", str(tmp_path))


def test_the_register_is_public_and_says_each_rule(db, settings):
    settings.COSIGNE_PRIVACY_CONTACT = "dpo@exemple.fr"
    settings.COSIGNE_RETENTION = settings.COSIGNE_RETENTION | {"accounts": 36}
    page = Client().get(reverse("privacy")).content.decode()
    assert "mailto:dpo@exemple.fr" in page
    assert "3 ans" in page
    assert page.count('<th scope="row">') >= 6 + len(rules())
