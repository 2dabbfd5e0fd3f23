#!/usr/bin/env python3
"""Django's command line. Starts the embedded PostgreSQL for the time of the command when DATABASE_URL is not set."""

import os
import sys
from contextlib import ExitStack

WITHOUT_DATABASE = {"help", "version", "--help", "-h", "--version", "collectstatic", "diffsettings", "startapp"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    from django.core.management import execute_from_command_line

    from config.database import DATABASE, OWNER, RUNTIME, embedded_server
    from config.postgres import PostgresError

    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    server = embedded_server()
    with ExitStack() as stack:
        if server and command not in WITHOUT_DATABASE and not os.environ["DJANGO_SETTINGS_MODULE"].endswith(".prod"):
            from config.provision import provision

            try:
                stack.enter_context(server.in_use())
                provision(server.conninfo(), database=DATABASE, owner=OWNER, runtime=RUNTIME)
            except PostgresError as error:
                sys.exit(str(error))
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
