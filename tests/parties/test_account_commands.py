"""What operators do about accounts: a whole account closed, and given back."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from parties.models import User
from tests.cast import Cast


def test_an_account_is_closed_and_opened_again(cast: Cast):
    person = cast.client("finances_a")
    call_command("account", "--close=finances_a@exemple.fr")
    assert person.get("/").status_code == 302
    call_command("account", "--reopen=finances_a@exemple.fr")
    assert person.get("/").status_code == 200
    with pytest.raises(CommandError, match="Aucun compte"):
        call_command("account", "--close=inconnu@exemple.fr")
    assert User.objects.get(email="finances_a@exemple.fr").is_active
