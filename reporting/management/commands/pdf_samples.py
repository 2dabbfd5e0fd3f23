"""``pdf_samples DIRECTORY``: one PDF of each kind the product makes, on the demo data, to look at or to validate."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction

from conventions.models import Convention
from core import commands, rls
from funding.models import Titre
from parties.actors import Actor
from parties.models import Organisation, Territory
from posts.models import Post
from reporting.bilan.documents import bilan_pdf
from reporting.bilan.full import full_bilan
from reporting.bilan_post.documents import bilan_pdf as bilan_pdf_of_post
from reporting.bilan_post.service import post_bilan
from reporting.contributions import prepare
from reporting.demo_observatory import EXAMPLE, GIVEN_ON, SILENT, YEARS, load_example
from reporting.forecast import by_year, forecast_lines
from reporting.forecast.documents import content_of, render_forecast
from reporting.national.bilan import national_bilan
from reporting.national.present import national_pdf
from reporting.national.reading import Given
from reporting.seal.pdf import empty_fields, seal, sign_field, verify
from reporting.seal.stamp import render_stamp
from reporting.services_documents import convention_pdf
from reporting.statements import render_statement
from reporting.steering.copil import read_copil
from reporting.steering.copil_document import copil_pdf

from .render_convention import territory_of, write_file

#: One per family and situation: police, several years, gendarmerie with travel, four months, key between EPCI; A04 and
#: A12 are signed in the demo, hence rendered from their frozen version.
CONVENTIONS = ("62-A03", "62-A04", "62-A05", "62-A10", "62-A12", "62-A13", "62-A15")
#: The one also written sealed, then signed by everybody.
SEALED_SAMPLE = "62-A12"
BILAN_YEAR = 2022
COPIL_YEAR, COPIL_ON = 2023, dt.date(2023, 7, 3)
#: The post detailed month by month in demo mode; elsewhere its annual figures.
POST, POST_YEAR = "iscg-audomarois", 2023
FORECAST_OF = "ca-boulonnais"
FORECAST_ON = dt.datetime(2022, 7, 3, 10, tzinfo=dt.UTC)


class Command(commands.Command):
    help = "Écrit un exemplaire de chaque sorte de document PDF, à partir des données d'exemple."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, metavar="DOSSIER", help="dossier où écrire les fichiers")

    def handle(self, *args: Any, **options: Any) -> None:
        if not Territory.objects.exists():
            call_command("load_reference", if_empty=True)
            call_command("load_models")
            call_command("load_demo", if_empty=True)
        territory = territory_of("62")
        actor = Actor.system(territory)
        directory: Path = options["directory"]
        with rls.acting(actor.context):
            for name, data in samples(actor):
                write_file(directory / name, data)
                self.stdout.write(f"{directory / name}")


def samples(by: Actor) -> Iterator[tuple[str, bytes]]:
    """File names and contents. A missing demo object is an error: a kind of document must not go unchecked."""
    for reference in CONVENTIONS:
        convention = Convention.objects.filter(territory_id=by.territory_id, reference=reference).first()
        if convention is None:
            raise CommandError(f"La convention {reference} des données d'exemple manque.", returncode=1)
        data = convention_pdf(convention)[0]
        yield f"convention-{reference}.pdf", data
        if reference == SEALED_SAMPLE:
            yield from sealed_samples(reference, data)
    yield "observatoire-2023.pdf", national_sample()
    yield f"bilan-{BILAN_YEAR}.pdf", bilan_pdf(full_bilan(year=BILAN_YEAR, by=by))
    yield f"bilan-poste-{POST}.pdf", post_sample(by)
    titre = Titre.objects.filter(territory_id=by.territory_id).order_by("entry_id").first()
    if titre is None:
        raise CommandError("Aucun titre dans les données d'exemple.", returncode=1)
    yield f"decompte-{titre.entry_id}.pdf", render_statement(titre=titre)
    yield "etat-previsionnel.pdf", forecast_sample(by)
    yield f"copil-{COPIL_YEAR}.pdf", copil_pdf(read_copil(by, year=COPIL_YEAR, today=COPIL_ON))


def post_sample(by: Actor) -> bytes:
    """The complete bilan of a post: with every chart and table where its months are known."""
    post = Post.objects.filter(territory_id=by.territory_id, key=POST).first()
    if post is None:
        raise CommandError(f"Le poste {POST} des données d'exemple manque.", returncode=1)
    return bilan_pdf_of_post(post_bilan(post=post, year=POST_YEAR, by=by))


def national_sample() -> bytes:
    """The national bilan of two years over the invented territory. Nothing is stored."""
    with transaction.atomic():
        actor = load_example()
        with rls.acting(actor.context):
            prepared = [prepare(year=year, by=actor, today=GIVEN_ON) for year in YEARS]
        transaction.set_rollback(True)
    opened = [EXAMPLE, SILENT]
    given = [Given(*EXAMPLE, one.year, one.content, one.sha256, FORECAST_ON) for one in prepared]
    return national_pdf([national_bilan(year=year, given=given, opened=opened) for year in reversed(YEARS)])


def sealed_samples(reference: str, base: bytes) -> Iterator[tuple[str, bytes]]:
    """The same file once sealed, then once every field is signed, with what is then seen in the frames."""
    sealed = seal(base)
    yield f"convention-{reference}-cachet.pdf", sealed
    signed = sealed
    for field, box in empty_fields(sealed).items():
        lines = ["Camille Exemple, Président", "le 3 juillet 2023 à 11 h 04", "Code reçu par courriel"]
        stamp = render_stamp(title="Signé électroniquement", lines=lines, moment=FORECAST_ON, box=box)
        signed = sign_field(signed, field=field, stamp=stamp)
    found = verify(signed)
    if not (found.untouched and found.sealed and signed.startswith(base)):
        raise CommandError(f"Le fichier signé de {reference} ne se vérifie pas.", returncode=1)
    yield f"convention-{reference}-signee.pdf", signed


def forecast_sample(by: Actor) -> bytes:
    """The statement of a body that pays in several plans, with years nobody priced. Nothing is stored."""
    debtor = Organisation.objects.filter(territory_id=by.territory_id, key=FORECAST_OF).first()
    if debtor is None:
        raise CommandError(f"L'organisme {FORECAST_OF} des données d'exemple manque.", returncode=1)
    content = content_of(
        number="EP-62-EXEMPLE",
        debtor=debtor,
        issuer=by.territory.name,
        situation_on=FORECAST_ON.date(),
        years=by_year(forecast_lines(first=FORECAST_ON.year, debtor=debtor), FORECAST_ON.year),
    )
    return render_forecast(content=content, issued_at=FORECAST_ON)
