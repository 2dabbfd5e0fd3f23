"""Issuing a statement of what a body will owe: numbered, rendered once, kept for ever."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from core.errors import BusinessError, InvalidInput
from funding.services.titres import lock
from parties.actors import Actor
from parties.models import Organisation
from reporting.forecast import by_year, forecast_lines
from reporting.forecast.documents import content_of, data_digest, render_forecast
from reporting.models import ForecastStatement
from reporting.services_documents import keep, kept_bytes


@transaction.atomic
def issue_forecast(*, debtor: Organisation, first_year: int, by: Actor) -> ForecastStatement:
    """The statement of what ``debtor`` owes from ``first_year`` to the second year after, as things stand today.

    Asked again the same day with nothing changed, gives the one already made. ``NotAllowed`` for who does not run the
    scheme, ``InvalidInput`` for a year or a body that makes no sense, ``BusinessError`` when nothing is owed; errors of
    ``render_pdf`` when the document cannot be made: then nothing is kept.
    """
    by.require("forecast.issue")
    if debtor.territory_id != by.territory_id:
        raise InvalidInput("Cet organisme n'est pas de votre territoire.", place="debiteur")
    if not 2000 <= first_year <= 2098:
        raise InvalidInput("Indiquez une année entre 2000 et 2098.", place="annee")
    lock(f"forecast:{by.territory_id}")
    today = timezone.localdate()
    years = by_year(forecast_lines(first=first_year, debtor=debtor), first_year)
    if not any(year.lines for year in years):
        raise BusinessError(
            f"{debtor} ne doit rien de {first_year} à {first_year + 2} : aucun plan ni convention n'y prévoit sa part."
        )
    sequence = _next(by, today.year)
    content = content_of(
        number=f"EP-{by.territory.code}-{today.year}-{sequence:04d}",
        debtor=debtor,
        issuer=by.organisation.french.text if by.organisation else str(by.territory),
        situation_on=today,
        years=years,
    )
    return _already(debtor, content) or _keep(debtor, content, sequence, by)


def _next(by: Actor, year: int) -> int:
    rows = ForecastStatement.objects.filter(territory_id=by.territory_id, year=year)
    return (rows.aggregate(last=Max("sequence"))["last"] or 0) + 1


def _already(debtor: Organisation, content: dict[str, Any]) -> ForecastStatement | None:
    """The latest statement of the body, when it says the same of the same day."""
    last = ForecastStatement.objects.filter(debtor=debtor).order_by("-pk").first()
    if last is None:
        return None
    return last if last.content | {"number": ""} == content | {"number": ""} else None


def _keep(debtor: Organisation, content: dict[str, Any], sequence: int, by: Actor) -> ForecastStatement:
    moment = timezone.now().replace(microsecond=0)
    data = render_forecast(content=content, issued_at=moment)
    return ForecastStatement.objects.create(
        territory_id=by.territory_id,
        debtor=debtor,
        number=content["number"],
        year=timezone.localdate(moment).year,
        sequence=sequence,
        first_year=content["years"][0]["year"],
        situation_on=dt.date.fromisoformat(content["situation_on"]),
        issued_at=moment,
        content=content,
        data_sha256=data_digest(content),
        filename=f"etat-previsionnel-{content['number']}.pdf",
        sha256=keep(data),
        size=len(data),
        by=by.user,
        by_label=by.label,
    )


def statement_bytes(statement: ForecastStatement) -> bytes:
    """The document as it was issued: the file kept, else made again from its content, and then the same to the byte.

    ``BusinessError`` when neither gives the bytes whose digest was recorded: a statement is never replaced by another.
    """
    data = kept_bytes(statement.sha256)
    if data is None:
        data = render_forecast(content=statement.content, issued_at=statement.issued_at)
        data = data if hashlib.sha256(data).hexdigest() == statement.sha256 else None
    if data is None:
        raise BusinessError(
            f"Le fichier de l'état {statement.number} n'est plus dans le stockage des documents : rétablissez-le depuis"
            " une sauvegarde. Son contenu est intact."
        )
    return data
