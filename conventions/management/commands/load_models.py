from typing import Any

from django.core.management.base import CommandError

from conventions.clauses.sets import ClauseSetError
from conventions.services.models_library import load_shipped_models
from core import commands


class Command(commands.Command):
    help = "Charge les modèles nationaux de convention livrés avec le produit. Sans effet s'ils sont déjà là."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for line in load_shipped_models():
                self.stdout.write(line)
        except ClauseSetError as error:
            raise CommandError(f"Un modèle livré est mal formé.\n{error}") from error
