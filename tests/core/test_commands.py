"""A wrong command line is answered in French, whichever of our commands it is meant for."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import OperationalError

from core import commands

#: Django's own commands that an app of ours replaces keep Django's base.
REPLACED = {"migrate", "flush"}
OURS = ("config", "core", "parties", "posts", "funding", "conventions", "reporting")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["bilan", "--territory", "62", "--year", "abc", "--output", "b.pdf"], "--year : « abc » n'est pas un nombre"),
        (["bilan", "--territory", "62", "--year"], "--year attend une valeur."),
        (["render_convention", "62-A03"], "Il manque : --output."),
        (["render_convention", "62-A03", "--output", "a.pdf", "--zut"], "Argument inconnu : --zut."),
        (["export_dossier"], "Il manque l'un de ces arguments : --territory --schema."),
        (["export_dossier", "--territory", "62", "--schema"], "--schema ne va pas avec --territory."),
        (["import_dossier"], "Il manque : FICHIER."),
        (["restore"], "Il manque : FICHIER.tar."),
        (["load_demo", "--if-empty=oui"], "--if-empty ne prend pas de valeur (« oui »)."),
    ],
)
def test_a_wrong_command_line_is_said_in_french(arguments, sentence, capsys):
    command = load_command_class(get_commands()[arguments[0]], arguments[0])
    with pytest.raises(SystemExit) as stopped:
        command.run_from_argv(["manage.py", *arguments])
    error = capsys.readouterr().err
    assert stopped.value.code == commands.BAD_USAGE
    assert error.startswith(sentence)
    assert error.rstrip().endswith(f"Mode d'emploi : bin/manage {arguments[0]} --help.")
    assert error.count("\n") == 1


def test_a_choice_that_does_not_exist_gives_those_that_do():
    options = {"organisation": "200035442", "year": "2023", "output": "t.csv"}
    with pytest.raises(CommandError, match=r"« pdf » ne convient pas, choisir parmi 'csv', 'xlsx'") as refused:
        call_command("export_titres", *[f"--{name}={value}" for name, value in options.items()], "--format=pdf")
    assert refused.value.returncode == commands.BAD_USAGE


def test_a_message_we_do_not_know_is_kept():
    assert commands.in_french("something new") == "something new"


def test_every_command_of_ours_speaks_french():
    found = [name for name, app in get_commands().items() if app in OURS and name not in REPLACED]
    assert len(found) > 8
    for name in found:
        assert isinstance(load_command_class(get_commands()[name], name), commands.Command), name


def test_a_database_that_does_not_answer_is_said_in_one_sentence(capsys):
    class Lost(commands.Command):
        requires_system_checks = ()

        def handle(self, *args, **options):
            raise OperationalError("connection refused\nIs the server running?")

    with pytest.raises(SystemExit):
        Lost().run_from_argv(["manage.py", "bilan"])
    error = capsys.readouterr().err
    assert "La base de données ne répond pas" in error
    assert "Is the server running" not in error
    assert "Traceback" not in error
    with pytest.raises(OperationalError):
        call_command(Lost(), traceback=True)
