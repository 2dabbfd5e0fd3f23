"""Every kind of row one may look for, in the order of the page. Row-level security narrows each to what one may see."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from conventions.models import Avenant, Clause, Convention, Deliberation, Template
from core.money import euros_short
from funding.models import BudgetLine, ExportBatch, FundingPlan, Grant, Titre
from parties.actors import Actor
from parties.models import Mandate, Organisation
from posts.models import Post, ServiceUnit
from reporting.models import Document, ForecastStatement, SignatureCircuit

from .model import Result, Source


def _conventions(by: Actor) -> QuerySet[Any]:
    return Convention.objects.visible_to(by).values("pk")


def _statements(by: Actor) -> QuerySet[Any]:
    rows = ForecastStatement.objects.visible_to(by).select_related("debtor").defer("content")
    return rows if by.is_staff else rows.filter(debtor=by.organisation)


def _clauses(by: Actor) -> QuerySet[Any]:
    """Clauses of published models: drafts are found where they are written."""
    models = Template.objects.visible_to(by).published()
    return Clause.objects.filter(template__in=models).select_related("template").order_by("template", "position")


def _document(row: Document) -> Result:
    # The search reads documents of versions only.
    assert row.convention_version is not None
    convention = row.convention_version.convention
    return Result(row.title, reverse("convention-documents", args=[convention.uuid]), f"{row.filename}, {convention}")


def _circuit(row: SignatureCircuit) -> Result:
    convention = row.version.convention
    url = f"{convention.get_absolute_url()}?onglet=signatures"
    return Result(f"Signatures de {convention.reference}", url, row.get_state_display())


def _unit(row: ServiceUnit) -> Result:
    posts = [post.label for post in row.posts.all()]
    said = ", ".join(posts) if posts else "aucun poste"
    return Result(row.name, f"{reverse('units')}?q={row.name}", f"{row.get_kind_display()} : {said}")


SOURCES: tuple[Source, ...] = (
    Source(
        "Postes",
        lambda by: Post.objects.visible_to(by).select_related("employer"),
        ("label",),
        lambda p: Result(p.label, p.get_absolute_url(), f"{p.kind}, employé par {p.employer.name}"),
        ("kind", "employer__name", "employer__short_name", "residence"),
        list_name="posts",
    ),
    Source(
        "Plans de financement",
        lambda by: FundingPlan.objects.visible_to(by).select_related("employer"),
        ("label",),
        lambda p: Result(p.label, p.get_absolute_url(), f"{p.year}, {p.employer.name}, {p.get_status_display()}"),
        ("employer__name", "employer__short_name"),
        "plan.view",
        "plans",
    ),
    Source(
        "Conventions",
        lambda by: Convention.objects.visible_to(by),
        ("reference", "title"),
        lambda c: Result(c.reference, c.get_absolute_url(), f"{c.title}, {c.get_status_display()}"),
        list_name="conventions",
    ),
    Source(
        "Avenants",
        lambda by: Avenant.objects.visible_to(by).filter(convention__in=_conventions(by)).select_related("convention"),
        ("convention__reference", "title"),
        lambda a: Result(str(a), a.get_absolute_url(), f"{a.title}, {a.get_status_display()}"),
    ),
    Source(
        "Délibérations",
        lambda by: Deliberation.objects.visible_to(by).select_related("organisation"),
        ("number", "title"),
        lambda d: Result(str(d), d.get_absolute_url(), f"{d.organisation.label}. {d.title}".strip()),
        ("organisation__name", "organisation__short_name", "body"),
        own=True,
    ),
    Source(
        "Organisations",
        lambda by: Organisation.objects.visible_to(by),
        ("name", "short_name", "siren"),
        lambda o: Result(o.name, o.get_absolute_url(), o.get_kind_display()),
        list_name="organisations",
    ),
    Source(
        "Personnes et mandats",
        lambda by: Mandate.objects.visible_to(by).select_related("organisation"),
        ("person", "function"),
        lambda m: Result(m.person, m.organisation.get_absolute_url(), f"{m.function}, {m.organisation.name}"),
        ("organisation__name", "organisation__short_name"),
        own=True,
    ),
    Source(
        "Titres de recettes",
        lambda by: Titre.objects.visible_to(by).select_related("issuer", "debtor"),
        ("number", "entry_id", "reference"),
        lambda t: Result(
            f"{t.issuer.label} à {t.debtor.label}, {t.year}",
            t.get_absolute_url(),
            f"{euros_short(t.amount)}, {t.get_status_display().lower()}, convention {t.reference or 'non précisée'}",
        ),
        ("subject", "slip_number", "sent_slip", "sent_number", "issuer__name", "debtor__name"),
        "titre.view",
        "titres",
    ),
    Source(
        "Bordereaux exportés",
        lambda by: ExportBatch.objects.visible_to(by).select_related("issuer"),
        ("filename",),
        lambda b: Result(
            b.filename, b.get_absolute_url(), f"{b.issuer.label}, {b.count} lignes, {euros_short(b.total)}"
        ),
        ("issuer__name",),
        "titre.view",
        own=True,
    ),
    Source(
        "Subventions",
        lambda by: Grant.objects.visible_to(by).select_related("financer", "beneficiary", "plan"),
        ("reference", "decision", "plan__label"),
        lambda g: Result(
            f"{g.financer.label} à {g.beneficiary.label}, {g.year}",
            g.get_absolute_url(),
            f"{euros_short(g.amount)}, {g.get_status_display().lower()}",
        ),
        ("financer__name", "financer__short_name", "beneficiary__name"),
        "grant.view",
    ),
    Source(
        "Lignes budgétaires",
        lambda by: BudgetLine.objects.visible_to(by).select_related("organisation"),
        ("label", "operation", "imputation"),
        lambda b: Result(str(b), b.get_absolute_url(), f"{b.organisation.label}, {b.operation}".rstrip(", ")),
        ("organisation__name", "organisation__short_name"),
        "budget.edit",
        own=True,
    ),
    Source(
        "États prévisionnels",
        _statements,
        ("number",),
        lambda s: Result(s.number, s.get_absolute_url(), f"{s.debtor.name}, à partir de {s.first_year}"),
        ("debtor__name", "debtor__short_name"),
        "titre.view",
        own=True,
    ),
    Source(
        "Unités de police et de gendarmerie",
        lambda by: ServiceUnit.objects.visible_to(by).prefetch_related("posts"),
        ("name",),
        _unit,
    ),
    Source(
        "Circuits de signature",
        lambda by: (
            SignatureCircuit.objects.visible_to(by)
            .filter(version__convention__in=_conventions(by))
            .select_related("version__convention")
        ),
        ("version__convention__reference",),
        _circuit,
    ),
    Source(
        "Documents",
        lambda by: (
            Document.objects.visible_to(by)
            .filter(convention_version__convention__in=_conventions(by))
            .select_related("convention_version__convention")
            .order_by("-pk")
        ),
        ("filename", "title"),
        _document,
        ("convention_version__convention__reference",),
        own=True,
    ),
    Source(
        "Clauses des modèles",
        _clauses,
        ("title", "kind"),
        lambda c: Result(c.title, f"{c.template.get_absolute_url()}#clause-{c.kind}", str(c.template)),
        ability="model.view",
    ),
)
