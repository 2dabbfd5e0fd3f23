"""`bin/manage backup [--output FILE.tar]`: exit 0 written, 1 failed, 2 wrong usage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from config.backup import BackupError, backup
from config.backup.errors import BAD_ARGUMENT, FAILED, reason
from core import commands
from core.french import plural


class Command(commands.Command):
    help = "Sauvegarde la base et les documents dans une seule archive, avec leurs sommes de contrôle."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--output",
            type=Path,
            metavar="FICHIER.tar",
            help="archive à écrire (par défaut : un nom daté dans var/sauvegardes)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            saved = backup(options["output"] or default_output())
        except psycopg.Error as error:
            raise CommandError(f"La base de données a répondu par une erreur : {error}", returncode=FAILED) from error
        except BackupError as error:
            raise CommandError(str(error), returncode=error.status) from error
        documents = f"{saved.files} {plural(saved.files, 'document')}"
        self.stdout.write(
            f"Sauvegarde écrite : {saved.path.resolve()} (base et {documents}, {filesizeformat(saved.size)}).\n"
            f"Empreinte SHA-256 du manifeste : {saved.sha256}\n"
            "Elle contient des données personnelles : gardez-la chiffrée, ailleurs que sur ce serveur."
        )


def default_output() -> Path:
    """A dated name in var/sauvegardes, which is created; BackupError when it cannot be."""
    folder: Path = settings.VAR_DIR / "sauvegardes"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BackupError(
            f"Impossible de créer {folder} : {reason(error)}. Indiquez le fichier à écrire avec --output.",
            status=BAD_ARGUMENT,
        ) from error
    return folder / f"cosigne-{timezone.localtime():%Y%m%d-%H%M%S}.tar"
