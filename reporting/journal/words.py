"""What the journal stores, in French: tables and columns by the models' own labels, values as pages print them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst

from core.money import MINUS, euros, number_fr, percent

APPS = ("parties", "posts", "funding", "conventions")
#: Tables of these apps that no trigger follows (they are logs themselves, or public); a test compares with PostgreSQL.
NOT_FOLLOWED = {
    "conventions_avenanttransition",
    "conventions_calendarfeed",
    "conventions_calendarpreference",
    "conventions_calendarreminder",
    "conventions_comment",
    "conventions_conventionending",
    "conventions_conventionversion",
    "conventions_formdraft",
    "conventions_approvalrule",
    "conventions_commentmessage",
    "conventions_deliberationfile",
    "conventions_readingreply",
    "conventions_reviewsheet",
    "conventions_signature",
    "conventions_transition",
    "funding_advance",
    "funding_batchcancellation",
    "funding_batchline",
    "funding_exportbatch",
    "funding_findinganswer",
    "funding_grantaccountevent",
    "funding_grantevent",
    "funding_grantpayment",
    "funding_grantrepayment",
    "funding_planamendment",
    "funding_planevent",
    "funding_planversion",
    "funding_scenario",
    "funding_scenarioplan",
    "funding_shareamendment",
    "funding_receipt",
    "funding_returnfile",
    "funding_returnimport",
    "posts_activitycell",
    "posts_listitem",
    "posts_monthstep",
    "funding_titreevent",
    "parties_apitoken",
    "parties_firststeps",
    "parties_invitation",
    "parties_job",
    "parties_memberevent",
    "parties_signin",
    "parties_signinrule",
    "parties_territory",
}
#: Tables of this floor that are followed; its others are logs or files themselves.
FOLLOWED_HERE = ("reporting_contribution",)
EMPTY: tuple[Any, ...] = (None, "", [], {})


@cache
def known_models() -> dict[str, type[models.Model]]:
    """Table → model, of every table the journal may name, be it by a foreign key."""
    found = {model._meta.db_table: model for app in APPS for model in apps.get_app_config(app).get_models()}
    here = apps.get_app_config("reporting").get_models()
    return found | {model._meta.db_table: model for model in here if model._meta.db_table in FOLLOWED_HERE}


@cache
def followed_tables() -> tuple[str, ...]:
    """Tables whose changes are in the journal."""
    return tuple(
        table
        for table, model in known_models().items()
        if table not in NOT_FOLLOWED and any(field.name == "uuid" for field in model._meta.fields)
    )


def table_name(table: str) -> str:
    """« Plan de financement »; the table's own name for one that no longer exists."""
    model = known_models().get(table)
    return capfirst(str(model._meta.verbose_name)) if model else table


@cache
def columns(table: str) -> dict[str, models.Field[Any, Any]]:
    """Column → field."""
    model = known_models().get(table)
    return {field.column: field for field in model._meta.concrete_fields if field.column} if model else {}


def column_name(table: str, column: str) -> str:
    """« Montant fixe »; the column's own name for one that no longer exists."""
    field = columns(table).get(column)
    return capfirst(str(field.verbose_name)) if field else column


def target(table: str, column: str) -> type[models.Model] | None:
    """The model a column points to, if it is a foreign key."""
    field = columns(table).get(column)
    return field.remote_field.model if isinstance(field, models.ForeignKey) else None


def value_text(table: str, column: str, value: Any) -> str:
    """A stored value (as JSON gave it back, amounts as ``Decimal``) as a page prints it; "" for nothing.

    Foreign keys are not resolved here: see :mod:`reporting.journal.present`.
    """
    if value in EMPTY:
        return ""
    field = columns(table).get(column)
    if isinstance(field, ArrayField) and isinstance(value, list):
        return ", ".join(_scalar(field.base_field, item) for item in value)
    return _scalar(field, value)


def _scalar(field: models.Field[Any, Any] | None, value: Any) -> str:
    if isinstance(value, bool):
        return "Oui" if value else "Non"
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DecimalField):
        return _decimal(field, value)
    if isinstance(field, models.DateTimeField):
        return f"{timezone.localtime(dt.datetime.fromisoformat(value)):%d/%m/%Y %H:%M}"
    if isinstance(field, models.DateField):
        return f"{dt.date.fromisoformat(value):%d/%m/%Y}"
    return plain(value)


def _decimal(field: models.DecimalField[Any, Any], value: Any) -> str:
    try:
        number = Decimal(value)
    except (InvalidOperation, TypeError):
        return str(value)
    if (field.max_digits, field.decimal_places) == (12, 2):
        return euros(number)
    if field.name == "percent":
        return percent(number, max_decimals=4)
    text = number_fr(number, field.decimal_places or 0)
    return text.rstrip("0").rstrip(",") if "," in text else text


def plain(value: Any) -> str:
    """Structured values (settings, published figures) on one line: « imputation : 7473 ; budget : 01 »."""
    if isinstance(value, bool):
        return "Oui" if value else "Non"
    if isinstance(value, dict):
        return " ; ".join(f"{key} : {plain(item)}" for key, item in value.items() if item not in EMPTY)
    if isinstance(value, list):
        return ", ".join(plain(item) for item in value)
    if isinstance(value, Decimal):
        return str(value).replace(".", ",").replace("-", MINUS)
    return "" if value is None else str(value)
