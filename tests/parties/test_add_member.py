"""Opening a real account: nobody could sign in to a new deployment otherwise."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from parties.models import Membership, User

pytestmark = pytest.mark.django_db


def add(cast, organisation: str, role: str, email: str = "Nouvelle@exemple.fr") -> None:
    code = cast.org["epci_a"].territory.code
    organisation = cast.org[organisation].key if organisation in cast.org else organisation
    call_command("add_member", territory=code, organisation=organisation, role=role, email=email, name="Ana Lys")


def memberships(cast, email: str = "nouvelle@exemple.fr") -> list[tuple[str, str]]:
    with cast.acting("gestionnaire"):
        rows = Membership.objects.filter(user__email=email).select_related("organisation")
        names = {row.key: name for name, row in cast.org.items()}
        return sorted((names[row.organisation.key], row.role) for row in rows)


def test_a_new_account_signs_in_with_its_first_password(cast, client, capsys):
    add(cast, cast.org["epci_a"].siren, "finances")
    password = capsys.readouterr().out.strip().rpartition(" : ")[2]
    assert memberships(cast) == [("epci_a", "finances")]
    assert client.login(username="nouvelle@exemple.fr", password=password)
    assert client.get(reverse("titres")).status_code == 200


def test_a_second_role_keeps_the_account_and_its_password(cast, capsys):
    add(cast, "epci_a", "finances")
    before = User.objects.get(email="nouvelle@exemple.fr").password
    capsys.readouterr()
    add(cast, "epci_a", "finances")
    add(cast, "epci_b", "partenaire", email="NOUVELLE@exemple.fr")
    assert "mot de passe" not in capsys.readouterr().out
    assert memberships(cast) == [("epci_a", "finances"), ("epci_b", "partenaire")]
    assert User.objects.get(email="nouvelle@exemple.fr").password == before


@pytest.mark.parametrize(
    ("organisation", "role", "email", "message"),
    [
        ("epci_a", "instructeur", "a@exemple.fr", "Seule une préfecture instruit"),
        ("zorglub", "finances", "a@exemple.fr", "Aucune organisation"),
        ("epci_a", "finances", "pas une adresse", "adresse"),
    ],
)
def test_what_cannot_be_is_said_and_writes_nothing(cast, organisation, role, email, message):
    with pytest.raises(CommandError, match=message):
        add(cast, organisation, role, email)
    assert memberships(cast, email) == []
    assert not User.objects.filter(email=email).exists()
