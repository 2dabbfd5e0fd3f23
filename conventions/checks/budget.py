"""Checks on a budget line: R03 (vote and plan), R04 (attributions and credits), R44 (balance, own posts, revenue)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from conventions.budget import LineFigures, OwnPost, OwnPosts, figures_of, own_posts_of
from core.findings import Finding, Mark, Severity, ordered
from core.french import plural
from core.money import euros
from funding.models import BudgetLine

SOURCE_R04, SOURCE_R44 = "Contrôle R04 de Cosigne", "Contrôle R44 de Cosigne"


def check_budget_line(line: BudgetLine) -> list[Finding]:
    """Every finding on a stored line, for who sees the whole territory; without answers."""
    (figures,) = figures_of([line])
    own = own_posts_of([(line.organisation, line.year)])[line.organisation_id, line.year]
    return check_line_figures(figures, own)


def check_line_figures(figures: LineFigures, own: OwnPosts) -> list[Finding]:
    """Every rule on one line's figures, worst first."""
    return ordered([*r04_credits(figures), *r04_proposed(figures), *r03_votes(figures), *r44_own_posts(figures, own)])


def _place(figures: LineFigures, path: str = "") -> str:
    return f"budget_lines[{figures.line.key}]{path}"


def _url(figures: LineFigures, anchor: str) -> str:
    return f"{figures.line.get_absolute_url()}#{anchor}"


def _printed(figures: LineFigures, name: str) -> Decimal | None:
    value = figures.line.stated.get(name)
    return Decimal(value) if value else None


def r04_credits(figures: LineFigures) -> Iterator[Finding]:
    """What is attributed has a credit, and holds in it."""
    line = figures.line
    if line.available is not None and figures.overdrawn:
        yield Finding(
            code="R04",
            severity=Severity.BLOCKING,
            place=_place(figures, ".available"),
            message=(
                f"La ligne « {line.label} » ({line.year}) est dépassée de {euros(figures.proposed - line.available)} :"
                f" {euros(figures.proposed)} attribués pour {euros(line.available)} disponibles."
            ),
            stated=str(line.available),
            computed=str(figures.proposed),
            source=SOURCE_R04,
            url=_url(figures, "attributions"),
        )
    if figures.without_vote:
        yield Finding(
            code="R04",
            severity=Severity.EXPLAIN,
            place=_place(figures, ".voted"),
            message=(
                f"La ligne « {line.label} » ({line.year}) porte {euros(figures.proposed)} d'attributions et aucun"
                " crédit voté ni disponible n'est renseigné."
            ),
            computed=str(figures.proposed),
            source=SOURCE_R04,
            url=_url(figures, "attributions"),
        )
    if line.voted is not None and line.available is not None and line.available > line.voted:
        yield Finding(
            code="R04",
            severity=Severity.WATCH,
            place=_place(figures, ".available"),
            message=f"Le disponible ({euros(line.available)}) dépasse les crédits votés ({euros(line.voted)}).",
            stated=str(line.available),
            computed=str(line.voted),
            source=SOURCE_R04,
            mark=Mark.UNVERIFIED,
            url=_url(figures, "credits"),
        )


def r04_proposed(figures: LineFigures) -> Iterator[Finding]:
    """The proposal and the balance an act prints are those of the attributions."""
    for name, label, computed, code in (
        ("proposed", "La proposition", figures.proposed, "R04"),
        ("balance", "Le solde", figures.balance, "R44"),
    ):
        printed = _printed(figures, name)
        if printed is None or computed is None or printed == computed:
            continue
        yield Finding(
            code=code,
            severity=Severity.BLOCKING,
            place=_place(figures, f".stated.{name}"),
            message=f"{label} publié{'e' if name == 'proposed' else ''} est de {euros(printed)},"
            f" les attributions donnent {euros(computed)}.",
            stated=str(printed),
            computed=str(computed),
            source=SOURCE_R04 if code == "R04" else SOURCE_R44,
            url=_url(figures, "attributions"),
        )


def r03_votes(figures: LineFigures) -> Iterator[Finding]:
    """An article attributes what the plans of its conventions give."""
    for gap in figures.gaps:
        articles = ", ".join(str(vote.position) for vote in gap.votes)
        names = ", ".join(dict.fromkeys(charge.references or charge.label for charge in gap.charges))
        yield Finding(
            code="R03",
            severity=Severity.BLOCKING,
            place=f"deliberations[{gap.votes[0].deliberation.key}].decisions[{gap.votes[0].position}].amount",
            message=(
                f"{plural(len(gap.votes), 'L’article', 'Les articles')} {articles} attribuent {euros(gap.voted)}"
                if len(gap.votes) > 1
                else f"L’article {articles} attribue {euros(gap.voted)}"
            )
            + f", le plan donne {euros(gap.computed)} ({names}).",
            stated=str(gap.voted),
            computed=str(gap.computed),
            source="Contrôle R03 de Cosigne",
            url=gap.votes[0].deliberation.get_absolute_url(),
        )


def r44_own_posts(figures: LineFigures, own: OwnPosts) -> Iterator[Finding]:
    """A report on the line says what the body's own posts cost it and bring it, and says it right."""
    if not own.posts or own.unknown:
        return
    for name, words, computed, texts in (
        ("own_posts", "ce que les postes propres laissent à sa charge", own.own, own.own_stated),
        ("expected_revenue", "la recette attendue des autres financeurs", own.revenue, own.revenue_stated),
    ):
        printed = _printed(figures, name)
        if printed is not None and printed != computed:
            yield _differs(figures, name, f"Le rapport publie {euros(printed)} pour {words}", printed, computed)
        elif printed is None and figures.line.stated and computed:
            yield Finding(
                code="R44",
                severity=Severity.EXPLAIN,
                place=_place(figures, f".stated.{name}"),
                message=f"Le rapport publié ne dit pas {words} : {euros(computed)}.",
                computed=str(computed),
                source=SOURCE_R44,
                url=_url(figures, "postes-propres"),
            )
        if texts is not None and texts != computed:
            where = ", ".join(post.posts for post in own.posts if _printed_apart(post, name))
            start = f"Les textes publiés donnent {euros(texts)} pour {words} ({where})"
            yield _differs(figures, f"{name}_texts", start, texts, computed)


def _printed_apart(post: OwnPost, name: str) -> bool:
    if name == "own_posts":
        return post.own_stated is not None and post.own_stated != post.own
    return post.revenue_stated is not None and post.revenue_stated != post.revenue


def _differs(figures: LineFigures, name: str, start: str, printed: Decimal, computed: Decimal) -> Finding:
    return Finding(
        code="R44",
        severity=Severity.EXPLAIN,
        place=_place(figures, f".stated.{name}"),
        message=f"{start} ; les plans donnent {euros(computed)}.",
        stated=str(printed),
        computed=str(computed),
        source=SOURCE_R44,
        url=_url(figures, "postes-propres"),
    )
