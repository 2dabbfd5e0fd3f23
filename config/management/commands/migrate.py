"""`migrate`, always run by the role that owns the tables."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate

from config.database import migrating


class Command(DjangoMigrate):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["database"] != "owner":
            # Under another alias the router would skip every operation and still record the migrations as applied.
            raise CommandError("migrate runs as the owner of the tables: leave out --database.")
        with migrating():
            super().handle(*args, **options)
