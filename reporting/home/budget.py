"""What the budget lines ask of people, and what a body will owe. The number of queries does not grow with the lines."""

from __future__ import annotations

from django.urls import reverse

from conventions.budget import figures_of, own_posts_of
from conventions.checks.budget import check_line_figures
from core.findings import Severity
from core.money import euros_short
from funding.models import BudgetLine
from parties.actors import Actor
from parties.models import Organisation
from reporting.forecast import by_year, forecast_lines

from .items import TodoItem


def lines_to_mend(by: Actor, year: int) -> list[TodoItem]:
    """Lines of the year and after that a blocking finding makes wrong: overdrawn, or not what the act prints.

    The amount is what lacks on an overdrawn line.
    """
    lines = list(
        BudgetLine.objects.visible_to(by)
        .filter(year__gte=year)
        .select_related("organisation")
        .order_by("year", "organisation__name", "operation", "pk")
    )
    if by.organisation is not None and not by.is_staff:
        lines = [line for line in lines if line.organisation_id == by.organisation.pk]
    own = own_posts_of({(line.organisation, line.year) for line in lines})
    items = []
    for figures in figures_of(lines, compare=by.is_staff):
        line = figures.line
        findings = check_line_figures(figures, own[line.organisation_id, line.year])
        wrong = [finding for finding in findings if finding.severity is Severity.BLOCKING]
        if wrong:
            lacking = -figures.balance if figures.overdrawn and figures.balance is not None else None
            status = "Dépassée" if figures.overdrawn else "À corriger"
            title = f"Équilibrer la ligne « {line.label} » ({line.year})"
            url = f"{line.get_absolute_url()}#constats"
            items.append(TodoItem(title, url, wrong[0].message, status, "danger", lacking))
    return items


def forecast_of(organisation: Organisation, year: int) -> list[TodoItem]:
    """One line: what the body will owe over three years, when anything is planned; leads to the forecast."""
    years = by_year(forecast_lines(first=year, debtor=organisation), year)
    if not any(each.lines for each in years):
        return []
    said = [f"{each.year} : {euros_short(each.due) if each.known else 'non chiffré'}" for each in years if each.lines]
    url = f"{reverse('forecast')}?annee={year}"
    return [TodoItem(f"Voir vos participations prévues de {year} à {year + 2}", url, f"{' ; '.join(said)}.")]
