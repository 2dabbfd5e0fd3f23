"""Which entries of the journal the address asks for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from conventions.models import Convention, Deliberation, Template
from core.search import containing, fold
from funding.models import BudgetLine, FundingPlan, Grant, Titre
from parties.actors import Actor
from parties.models import JournalEntry, Organisation
from posts.models import Post
from reporting.journal.words import columns, followed_tables, table_name

#: Parameter of the address → the objects that have a journal of their own.
OBJECTS: dict[str, Any] = {
    "plan": FundingPlan,
    "titre": Titre,
    "subvention": Grant,
    "convention": Convention,
    "modele": Template,
    "deliberation": Deliberation,
    "ligne": BudgetLine,
    "poste": Post,
    "organisation": Organisation,
}


class JournalFilter(forms.Form):
    """The filters above the journal. « Champ » takes a field's name as pages write it, or a part of it."""

    type = forms.ChoiceField(label="Objet", required=False)
    champ = forms.CharField(label="Champ", required=False, max_length=60)
    du = forms.DateField(label="Du", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    au = forms.DateField(label="Au", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = sorted((table_name(table), table) for table in followed_tables())
        choices = [("", "Tous"), *((table, name) for name, table in names)]
        self.fields["type"].choices = choices  # type: ignore[attr-defined]

    def value(self, name: str) -> Any:
        """The cleaned value, or None when it is absent or was refused."""
        self.is_valid()
        return self.cleaned_data.get(name) or None


@dataclass(frozen=True)
class Subject:
    """The object whose journal is read; ``found`` is None once it was deleted."""

    kind: str
    uuid: UUID
    table: str
    pk: int
    found: Any = None

    @property
    def label(self) -> str:
        return str(self.found) if self.found is not None else f"{table_name(self.table)}, supprimé depuis"


def subject_of(params: QueryDict, by: Actor) -> Subject | None:
    """The object the address names; None when it names none. ``LookupError`` when it names an unknown one."""
    for kind, model in OBJECTS.items():
        asked = str(params.get(kind) or "")
        if not asked:
            continue
        try:
            uuid = UUID(asked)
        except ValueError as error:
            raise LookupError(asked) from error
        table = model._meta.db_table
        found = model.objects.visible_to(by).filter(uuid=uuid).first()
        if found is not None:
            return Subject(kind, uuid, table, found.pk, found)
        entry = JournalEntry.objects.visible_to(by).filter(table_name=table, row_uuid=uuid).first()
        if entry is None:
            raise LookupError(asked)
        return Subject(kind, uuid, table, entry.row_id)
    return None


def selected(form: JournalFilter, person: str, subject: Subject | None, by: Actor) -> QuerySet[JournalEntry]:
    """The entries of the acting territory that answer every filter, newest first."""
    found: QuerySet[JournalEntry] = JournalEntry.objects.visible_to(by)
    if subject is not None:
        found = found.filter(root_table=subject.table, root_id=subject.pk)
    if table := form.value("type"):
        found = found.filter(table_name=table)
    if field := form.value("champ"):
        found = found.filter(about_field(field))
    if start := form.value("du"):
        found = found.filter(at__gte=_midnight(start))
    if end := form.value("au"):
        found = found.filter(at__lt=_midnight(end) + dt.timedelta(days=1))
    return containing(found, person, "actor").order_by("-id")


def about_field(text: str) -> Q:
    """Entries that changed a field whose French name contains ``text``, accents and case aside."""
    wanted = fold(text).strip()
    condition = Q(pk__in=[])
    for table in followed_tables():
        names = [column for column, field in columns(table).items() if wanted in fold(str(field.verbose_name))]
        if names:
            condition |= Q(table_name=table, changes__has_any_keys=names)
    return condition


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
