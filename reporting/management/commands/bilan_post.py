"""``bilan_post --territory 62 --post CLE --year 2022 --output F.pdf``: the yearly bilan of one post as a file.

PDF, CSV, XLSX or JSON by the name of the file; ``--readers publique`` gives a version that may leave, ``--table I1``
one table (CSV).
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from core import commands, rls
from core.errors import BusinessError
from parties.actors import Actor
from parties.models import Territory
from posts.models import Post
from reporting.bilan.publication import Version
from reporting.bilan_post.documents import FORMATS, bilan_file, bilan_pdf
from reporting.bilan_post.publication import published
from reporting.bilan_post.service import PostBilan, post_bilan

#: Exit codes: 1 for a request that cannot be met, 2 for arguments that mean nothing here.
NO_DATA, BAD_ARGUMENT = 1, 2


class Command(commands.Command):
    help = "Produit le bilan d'activité d'un poste pour une année : PDF, CSV, XLSX ou JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--territory", required=True, metavar="CODE", help="code du département, par exemple 62")
        parser.add_argument("--post", required=True, metavar="CLE", help="clé du poste")
        parser.add_argument("--year", required=True, type=int, metavar="ANNEE")
        parser.add_argument("--output", required=True, type=Path, metavar="FICHIER", help=".pdf, .csv, .xlsx ou .json")
        parser.add_argument("--readers", choices=[one.value for one in Version], help="version à petits effectifs tus")
        parser.add_argument("--table", default="", metavar="TABLEAU", help="un seul tableau, par exemple I1 (CSV)")

    def handle(self, *args: Any, **options: Any) -> None:
        output: Path = options["output"]
        extension = output.suffix.lower().lstrip(".")
        if extension not in ("pdf", *FORMATS):
            raise CommandError(
                f"--output {output} : le nom doit finir par .pdf, .csv, .xlsx ou .json.", returncode=BAD_ARGUMENT
            )
        actor = Actor.system(self.territory(options["territory"]))
        with rls.acting(actor.context):
            found = self.bilan(actor, options)
            if found.is_empty:
                raise CommandError(
                    f"Aucune activité en {options['year']} pour le poste {options['post']}.", returncode=NO_DATA
                )
            content = self.content(found, extension, options["table"])
        try:
            output.write_bytes(content)
        except OSError as error:
            raise CommandError(f"{output} ne peut pas être écrit : {error.strerror}.", returncode=NO_DATA) from error
        self.stdout.write(f"{output} : {found.title}, {len(found.tables)} tableaux.")

    def territory(self, code: str) -> Territory:
        found = Territory.objects.filter(code=code).first()
        if found is None:
            known = ", ".join(Territory.objects.values_list("code", flat=True)) or "aucun"
            raise CommandError(f"Territoire {code} inconnu (territoires connus : {known}).", returncode=BAD_ARGUMENT)
        return found

    def bilan(self, actor: Actor, options: dict[str, Any]) -> PostBilan:
        posts = Post.objects.filter(territory_id=actor.territory_id).order_by("key")
        post = posts.filter(key=options["post"]).first()
        if post is None:
            known = ", ".join(posts.values_list("key", flat=True)) or "aucun"
            raise CommandError(f"Poste inconnu : {options['post']} (postes connus : {known}).", returncode=BAD_ARGUMENT)
        try:
            found = post_bilan(post=post, year=options["year"], by=actor)
        except BusinessError as error:
            raise CommandError(error.message, returncode=BAD_ARGUMENT) from error
        readers = options.get("readers")
        return published(found, Version(readers), by=actor) if readers else found

    def content(self, found: PostBilan, extension: str, table: str) -> bytes:
        try:
            return bilan_pdf(found) if extension == "pdf" else bilan_file(found, file_format=extension, table=table)
        except BusinessError as error:
            raise CommandError(error.message, returncode=BAD_ARGUMENT) from error
