"""What conventions ask of people. Each function is one question; its number of queries does not grow with the rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, Subquery, prefetch_related_objects
from django.urls import reverse
from django.utils import timezone

from conventions.calendar.reading import terms_of
from conventions.checks import blocking_now
from conventions.enums import ConventionAct, ObligationKind, Status
from conventions.models import Convention, ConventionVersion, ReadingRequest, Signatory, Signature, Transition
from conventions.models.agreement import BINDING
from core.french import enumerate_fr, plural
from core.french.dates import add_months, date_long
from parties.actors import Actor
from parties.models import Organisation

from .items import DateItem, TodoItem, since

#: A submitted convention is shown as late after this many days. A display choice: no text sets a delay for review.
REVIEW_DAYS = 30
#: Deadlines are announced this many months ahead.
HORIZON_MONTHS = 3
#: Drafts shown, hence checked, on the home page: checking one costs some twenty queries.
MOST_DRAFTS = 4
#: States the page has something to say of, those under review aside: they are asked for with who submitted them.
SPOKEN_OF = (Status.BROUILLON, Status.A_CORRIGER, Status.APPROUVEE, Status.EN_SIGNATURE, *BINDING)


def tab(convention: Convention, name: str) -> str:
    return f"{convention.get_absolute_url()}?onglet={name}"


def list_url(status: str) -> str:
    return f"{reverse('conventions')}?etat={status}"


class Read:
    """The conventions the page speaks of, read once: most of its questions are about their states."""

    def __init__(self, by: Actor, today: dt.date) -> None:
        self.by, self.today = by, today

    @cached_property
    def rows(self) -> list[Any]:
        """Those that are or may come in force, with the remarks still open and whether another one renews them."""
        renewals = Convention.objects.filter(previous=OuterRef("pk")).exclude(status=Status.ABANDONNEE)
        last = ConventionVersion.of_base.filter(convention=OuterRef("pk")).order_by("-number").values("pk")[:1]
        signed = Signature.objects.filter(version=OuterRef("last_version")).order_by().values("signatory_id")
        return list(
            Convention.objects.visible_to(self.by)
            .filter(status__in=SPOKEN_OF)
            .annotate(
                open_remarks=Count("comments", filter=Q(comments__resolved=False)),
                is_renewed=Exists(renewals),
                last_version=Subquery(last),
            )
            .annotate(done=ArraySubquery(signed))
            .order_by("reference")
        )

    def of(self, status: Status) -> list[Any]:
        """By reference."""
        return [row for row in self.rows if row.status == status]

    @property
    def running(self) -> int:
        return sum(1 for row in self.rows if row.in_force_on(self.today))


def to_correct(read: Read) -> list[TodoItem]:
    """Conventions sent back, with the reviewer's reason and the remarks still open."""
    reasons = Transition.objects.filter(to_status=Status.A_CORRIGER).order_by("-pk")
    rows = sorted(read.of(Status.A_CORRIGER), key=lambda row: (row.updated_at, row.pk))
    prefetch_related_objects(rows, Prefetch("transitions", queryset=reasons, to_attr="sent_back"))
    items = []
    for row in rows:
        last = next(iter(row.sent_back), None)
        remarks = row.open_remarks
        note = f" {remarks} {plural(remarks, 'remarque')} à traiter." if remarks else ""
        detail = f"{last.by_label} : « {last.reason.rstrip(' .')} »." if last else ""
        items.append(
            TodoItem(
                f"Corriger la convention {row.reference}", tab(row, "texte"), detail + note, "À corriger", "warning"
            )
        )
    return items


def drafts(read: Read) -> list[TodoItem]:
    """Drafts, oldest first, with what blocks their submission.

    Checking a text costs several queries: only the lines that will be shown are checked.
    """
    rows = sorted(read.of(Status.BROUILLON), key=lambda row: (row.created_at, row.pk))
    items = []
    for rank, row in enumerate(rows):
        status, tone, detail = "Brouillon", "neutral", ""
        if rank < MOST_DRAFTS:
            count = len(blocking_now(row))
            detail = "Rien ne bloque : à relire, puis à soumettre à la préfecture."
            if count:
                status, tone = f"{count} {plural(count, 'bloquant')}", "danger"
                detail = "À corriger avant de soumettre à la préfecture."
        items.append(TodoItem(f"Finir la convention {row.reference}", tab(row, "controles"), detail, status, tone))
    return items


def to_circulate(read: Read) -> list[TodoItem]:
    """Approved texts that nobody can sign yet."""
    rows = read.of(Status.APPROUVEE)
    text = "Approuvée par la préfecture : le circuit des signatures peut commencer."
    return [
        TodoItem(
            f"Mettre en signature la convention {row.reference}", tab(row, "signatures"), text, "Approuvée", "info"
        )
        for row in rows
    ]


def signing(read: Read) -> list[tuple[Convention, list[Signatory], int]]:
    """Conventions in signature: those who have not signed the last version, and how many must sign. One query."""
    people = Signatory.of_base.select_related("party__organisation", "mandate").order_by("position", "pk")
    rows = read.of(Status.EN_SIGNATURE)
    prefetch_related_objects(rows, Prefetch("signatories", queryset=people))
    found = []
    for row in rows:
        everyone = list(row.signatories.all())
        found.append((row, [s for s in everyone if s.pk not in row.done], len(everyone)))
    return found


def signatures_missing(read: Read) -> list[TodoItem]:
    """One line per convention in signature, naming those it waits for."""
    items = []
    for row, missing, total in signing(read):
        names = enumerate_fr([signatory.party.organisation.label for signatory in missing])
        signed = total - len(missing)
        items.append(
            TodoItem(
                f"Recueillir les signatures de la convention {row.reference}",
                tab(row, "signatures"),
                f"Il manque : {names}." if names else "Toutes les signatures sont enregistrées.",
                f"{signed} sur {total}",
                "info",
            )
        )
    return items


def my_signature(read: Read, organisation: Organisation, followed: Collection[int] = ()) -> list[TodoItem]:
    """Conventions that wait for the person's own organisation, but those a circuit follows (``circuits.to_sign``)."""
    items = []
    for row, missing, _total in signing(read):
        if row.pk in followed:
            continue
        mine = [s for s in missing if s.party.organisation_id == organisation.pk]
        if mine:
            who = enumerate_fr([s.mandate.person for s in mine if s.mandate])
            text = (
                f"Signataire désigné : {who}." if who else "Aucun signataire n’est désigné : dites-le au gestionnaire."
            )
            items.append(
                TodoItem(f"Signer la convention {row.reference}", tab(row, "signatures"), text, "Attendue", "info")
            )
    return items


def to_read(by: Actor, today: dt.date) -> list[TodoItem]:
    """Drafts the person's own organisation was asked to read, those somebody answered left out."""
    rows = (
        ReadingRequest.objects.filter(organisation=by.organisation, closed_at=None, replies=None)
        .select_related("convention")
        .order_by("deadline", "pk")
    )
    items = []
    for row in rows:
        late = row.deadline is not None and row.deadline < today
        text = f"Réponse attendue avant le {date_long(row.deadline)}." if row.deadline else row.convention.title
        url = reverse("convention-reading", args=[row.convention.uuid])
        items.append(
            TodoItem(
                f"Relire le projet {row.convention.reference}",
                url,
                text,
                "En retard" if late else "À relire",
                "warning" if late else "info",
            )
        )
    return items


def to_widen(by: Actor) -> list[TodoItem]:
    """Conventions being corrected whose gestionnaire asks to change more than the remarks are about. Two queries."""
    steps = Transition.objects.filter(to_status=Status.A_CORRIGER).order_by("-pk")
    rows = (
        Convention.objects.visible_to(by)
        .filter(status=Status.A_CORRIGER)
        .prefetch_related(Prefetch("transitions", queryset=steps, to_attr="steps"))
        .order_by("updated_at", "pk")
    )
    asked = [(row, row.steps[0]) for row in rows if row.steps and row.steps[0].act == ConventionAct.ASK_WIDER]
    return [
        TodoItem(
            f"Répondre sur la réouverture de {row.reference}",
            row.get_absolute_url(),
            f"{line.by_label} : « {line.reason.rstrip(' .')} ».",
            "Réouverture demandée",
            "info",
        )
        for row, line in asked
    ]


def to_review(by: Actor, today: dt.date) -> list[TodoItem]:
    """Submitted conventions, the longest waiting first."""
    waiting = []
    submissions = Transition.objects.filter(act="submit").order_by("-pk")
    rows = (
        Convention.objects.visible_to(by)
        .awaiting_review()
        .prefetch_related(Prefetch("transitions", queryset=submissions, to_attr="submissions"))
    )
    for row in rows:
        last = next(iter(row.submissions), None)
        moment = last.created_at if last else row.submitted_at
        waiting.append((timezone.localdate(moment) if moment else today, len(row.submissions) > 1, row))
    items = []
    for day, again, row in sorted(waiting, key=lambda line: (line[0], line[2].reference)):
        days = (today - day).days
        status, tone = (f"{days} {plural(days, 'jour')}", "warning") if days > REVIEW_DAYS else ("À instruire", "info")
        text = f"{'De nouveau soumise' if again else 'Soumise'} {since(day, today)}."
        url = reverse("convention-review", args=[row.uuid])
        items.append(TodoItem(f"Instruire la convention {row.reference}", url, text, status, tone))
    return items


def expired(read: Read) -> list[TodoItem]:
    """Signed conventions whose end is past and that no other one renews."""
    rows = [row for row in read.rows if row.expired_on(read.today) and not row.is_renewed]
    rows.sort(key=lambda row: (row.final_day, row.pk))
    return [
        TodoItem(
            f"Renouveler la convention {row.reference}",
            row.get_absolute_url(),
            "Elle a pris fin et aucune autre ne la remplace.",
            "Échue",
            "danger",
            due=row.final_day,
        )
        for row in rows
    ]


def calendar(by: Actor, today: dt.date) -> list[DateItem]:
    """Ends of conventions, last days to leave them and avenants, over the coming months: the calendar's own."""
    last = add_months(today, HORIZON_MONTHS)
    dates = []
    for row in terms_of(by, today=today):
        if not row.done and today <= row.due_on <= last:
            note = "à renouveler" if row.kind == ObligationKind.EXPIRY else row.source
            dates.append(DateItem(row.due_on, row.title, row.url, note))
    return sorted(dates, key=lambda item: (item.date, item.label))
