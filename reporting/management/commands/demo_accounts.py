"""`bin/manage demo_accounts`: the example accounts, one a line, as bin/run shows them. Nothing outside demo mode."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from core import commands
from parties.demo import DEMO_ACCOUNTS, DEMO_PASSWORD
from parties.models import User


class Command(commands.Command):
    help = "Liste les comptes d'exemple (mode démonstration seulement)."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.COSIGNE_DEMO:
            return
        present = set(User.objects.filter(email__in=[a.email for a in DEMO_ACCOUNTS]).values_list("email", flat=True))
        shown = [account for account in DEMO_ACCOUNTS if account.email in present]
        if not shown:
            return
        width = max(len(account.email) for account in shown)
        for account in shown:
            self.stdout.write(f"{account.email:<{width}} — {account.role.label}, {account.label.split(', ', 1)[1]}")
        self.stdout.write(f"Mot de passe de chacun : {DEMO_PASSWORD}")
