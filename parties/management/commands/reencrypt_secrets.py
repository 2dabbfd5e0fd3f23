"""`bin/manage reencrypt_secrets`: after SECRET_KEY or VAULT_KEY changed, before its former value is forgotten."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError

from core import commands
from core.french import plural
from parties import services, vault


class Command(commands.Command):
    help = "Chiffre de nouveau, avec la clé actuelle, les secrets des seconds facteurs."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = services.reencrypt_factors()
        except vault.Unreadable as error:
            raise CommandError(
                "Un secret ne s'ouvre avec aucune clé connue : remettez l'ancienne clé dans SECRET_KEY_FALLBACKS ou "
                "VAULT_KEY_FALLBACKS. Rien n'a été changé."
            ) from error
        self.stdout.write(f"{count} {plural(count, 'secret chiffré', 'secrets chiffrés')} avec la clé actuelle.")
