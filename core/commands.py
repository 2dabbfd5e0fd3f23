"""Our commands' own base: what is wrong on a command line is said in one French sentence, like everything else."""

from __future__ import annotations

import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

#: Exit code of a command line that means nothing, argparse's own.
BAD_USAGE = 2

#: argparse writes in English whatever the language: its messages, and ours.
_MESSAGES: tuple[tuple[str, str], ...] = (
    (r"the following arguments are required: (.+)", r"Il manque : \1."),
    (r"one of the arguments (.+) is required", r"Il manque l'un de ces arguments : \1."),
    (r"unrecognized arguments: (.+)", r"Argument inconnu : \1."),
    (r"argument ([^:]+): invalid int value: '(.*)'", r"\1 : « \2 » n'est pas un nombre entier."),
    (
        r"argument ([^:]+): invalid choice: '(.*)' \(choose from (.+)\)",
        r"\1 : « \2 » ne convient pas, choisir parmi \3.",
    ),
    (r"argument ([^:]+): expected (?:one|at least one) argument", r"\1 attend une valeur."),
    (r"argument ([^:]+): not allowed with argument (.+)", r"\1 ne va pas avec \2."),
    (r"argument ([^:]+): ignored explicit argument '(.*)'", r"\1 ne prend pas de valeur (« \2 »)."),
    (r"ambiguous option: (\S+) could match (.+)", r"\1 est ambigu : \2."),
)


def in_french(message: str) -> str:
    """argparse's message, translated; kept as it is when it is not one we know."""
    for pattern, french in _MESSAGES:
        if found := re.fullmatch(pattern, message, flags=re.DOTALL):
            return found.expand(french)
    return message


class Command(BaseCommand):
    """To inherit from in place of Django's."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except OperationalError as error:
            if options.get("traceback"):
                raise
            reason = str(error).strip().partition("\n")[0]
            raise CommandError(
                f"La base de données ne répond pas : vérifiez DATABASE_URL et que le serveur est démarré ({reason})."
            ) from error

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)

        def error(message: str) -> None:
            sentence = f"{in_french(message)} Mode d'emploi : bin/manage {subcommand} --help."
            if not getattr(self, "_called_from_command_line", False):
                raise CommandError(sentence, returncode=BAD_USAGE)
            parser.exit(BAD_USAGE, f"{sentence}\n")

        parser.error = error  # type: ignore[method-assign,assignment]
        return parser
