"""`bin/manage restore FILE.tar [--force]`: exit 0 restored, 1 refused or failed, 2 wrong usage."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import CommandError, CommandParser
from django.utils.timezone import localtime

from config.backup import BackupError, restore
from config.backup.errors import FAILED
from core import commands


class Command(commands.Command):
    help = "Remet en place une sauvegarde, après l'avoir vérifiée en entier : tout ou rien."
    # The tables may not exist yet: checks that read them would fail.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FICHIER.tar", help="archive écrite par bin/manage backup")
        parser.add_argument("--force", action="store_true", help="remplace tout ce que contient la base")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            restored = restore(options["file"], force=options["force"])
        except psycopg.Error as error:
            raise CommandError(f"La base de données a répondu par une erreur : {error}", returncode=FAILED) from error
        except BackupError as error:
            raise CommandError(str(error), returncode=error.status) from error
        made = localtime(datetime.fromisoformat(restored.created_at))
        self.stdout.write(
            f"Sauvegarde du {made:%d/%m/%Y à %H:%M} restaurée : base et fichiers vérifiés "
            f"({restored.files} dans la sauvegarde, {restored.added} remis en place)."
        )
        if restored.pending:
            self.stdout.write("Elle date d'une version antérieure : lancez maintenant bin/manage migrate.")
