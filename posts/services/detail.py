"""The detail of a month, its validation and its reopening."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from django.db import transaction

from core.errors import BusinessError, InvalidInput, NotAllowed
from core.french import month_name
from parties.actors import Actor
from posts import plausibility, relations
from posts.enums import MonthAct
from posts.figures import HIGHEST_COUNT
from posts.indicators import INDICATORS, Cell, Indicator, Item
from posts.models import ActivityCell, ActivityReturn, ListItem, MonthStep, Post
from posts.models.activity import COUNTS
from posts.relations import Breach
from posts.services.activity import Recorded, is_validated, may_record, read_only, record_activity
from posts.services.periods import closing_breaches, told
from posts.services.surroundings import split_of, surroundings_of
from posts.timeline import month_bounds


@dataclass(frozen=True)
class Detailed:
    """What saving a month's detail did: the return it made, and the relations its figures break."""

    recorded: Recorded
    breaches: tuple[Breach, ...]


def lists_on(year: int, month: int) -> dict[str, list[Item]]:
    """The closed lists as in force on the month's first day: list → items, in order. One query."""
    found: dict[str, list[Item]] = {}
    for item in ListItem.objects.in_force_on(month_bounds(year, month)[0]):
        found.setdefault(item.list, []).append(Item(item.code, item.label))
    return found


def cells_held(*, post: Post, year: int, month: int, zone: str) -> dict[Cell, int]:
    """The cells of one month; empty when none was entered."""
    rows = ActivityCell.objects.filter(
        activity__post=post, activity__year=year, activity__month=month, activity__zone=zone
    )
    return {(cell.indicator, cell.row, cell.column): cell.value for cell in rows}


@transaction.atomic
def record_detail(
    *, post: Post, year: int, month: int, zone: str = "", cells: Mapping[Cell, int | None], note: str = "", by: Actor
) -> Detailed:
    """Save the detail of a month, replacing the one held; doing it twice is once.

    ``cells`` maps (indicator, line, column) to a count, None for unknown. The counts that bilans read (women, men,
    children, interviews, VIF) are computed from the cells where these tell; the others stay as they were typed.
    Raises as :func:`record_activity`; ``InvalidInput`` with ``place`` "indicator:line:column" for a cell that does not
    exist that month. Relations that do not hold are returned, not refused: a month may be entered in several times.
    """
    given = _checked(cells, lists_on(year, month))
    held = ActivityReturn.objects.filter(post=post, year=year, month=month, zone=zone).first()
    counts: dict[str, int | None] = {name: getattr(held, name) if held else None for name in COUNTS}
    computed = asdict(relations.derived(given))
    counts |= {name: value for name, value in computed.items() if value is not None}
    if counts["interviews_in_person"] is not None or counts["interviews_phone"] is not None:
        counts["interviews_total"] = None
    if is_validated(post, year, month) and given != cells_held(post=post, year=year, month=month, zone=zone):
        raise read_only(year, month)
    recorded = record_activity(
        post=post, year=year, month=month, zone=zone, counts=counts, note=note, by=by, keep=bool(given)
    )
    if recorded.activity is not None:
        _write(recorded.activity, given)
    return Detailed(recorded, tuple(relations.breaches(given)))


def _checked(cells: Mapping[Cell, int | None], lists: Mapping[str, Sequence[Item]]) -> dict[Cell, int]:
    given: dict[Cell, int] = {}
    for cell, value in cells.items():
        if value is None:
            continue
        code, row, column = cell
        indicator = INDICATORS.get(code)
        if indicator is None or not _exists(indicator, row, column, lists):
            raise InvalidInput(
                f"« {code} {row} {column} » n'est pas une case de ce mois : rechargez la page.", place=":".join(cell)
            )
        if not 0 <= value <= HIGHEST_COUNT:
            raise InvalidInput(f"{value} n'est pas vraisemblable : vérifiez le nombre saisi.", place=":".join(cell))
        given[cell] = value
    return given


def _exists(indicator: Indicator, row: str, column: str, lists: Mapping[str, Sequence[Item]]) -> bool:
    rows = {item.code for item in lists.get(indicator.rows, [])}
    columns = {item.code for item in lists.get(indicator.columns, [])} if indicator.columns else {""}
    return row in rows and column in columns


def _write(activity: ActivityReturn, given: Mapping[Cell, int]) -> None:
    held = {(c.indicator, c.row, c.column): c for c in activity.cells.all()}
    gone = [cell.pk for key, cell in held.items() if key not in given]
    if gone:
        ActivityCell.objects.filter(pk__in=gone).delete()
    changed = [cell for key, cell in held.items() if key in given and cell.value != given[key]]
    for cell in changed:
        cell.value = given[cell.indicator, cell.row, cell.column]
    ActivityCell.objects.bulk_update(changed, ["value"])
    ActivityCell.objects.bulk_create(
        ActivityCell(
            territory_id=activity.territory_id, activity=activity, indicator=code, row=row, column=column, value=value
        )
        for (code, row, column), value in given.items()
        if (code, row, column) not in held
    )


# --- Validation -------------------------------------------------------------------------------------------------------


def last_step(*, post: Post, year: int, month: int) -> MonthStep | None:
    """What was last done with the month; None while it is being entered."""
    return MonthStep.objects.filter(post=post, year=year, month=month).order_by("-pk").first()


@transaction.atomic
def validate_month(*, post: Post, year: int, month: int, by: Actor) -> MonthStep:
    """The employer answers for the month: it is then read only. Validating it again changes nothing.

    Refused without figures, while a relation between them cannot hold, or while a surprise has no comment.
    """
    _may(post, by)
    rows = list(
        ActivityReturn.objects.select_for_update(of=("self",))
        .filter(post=post, year=year, month=month)
        .order_by("pk")
        .prefetch_related("cells")
    )
    last = last_step(post=post, year=year, month=month)
    if last is not None and last.act == MonthAct.VALIDATED:
        return last
    when = f"{month_name(month)} {year}"
    if not rows:
        raise BusinessError(f"Rien n'est saisi pour {when} : saisissez les chiffres, ou dites pourquoi ils manquent.")
    for row in rows:
        broken = month_breaches(row)
        blocking = [breach.message for breach in broken if breach.blocking]
        if blocking:
            raise BusinessError(f"{when.capitalize()} ne peut pas être validé. {' '.join(blocking[:3])}")
        if broken and not row.note.strip():
            why = " ".join(breach.message for breach in broken[:3])
            raise BusinessError(f"{when.capitalize()} demande une observation. {why}")
    for breach in split_of(post, rows):
        if not any(row.note.strip() for row in rows):
            raise BusinessError(f"{when.capitalize()} demande une observation. {breach.message}")
    for breach in closing_breaches(post=post, year=year, month=month):
        raise BusinessError(f"{when.capitalize()} ne peut pas être validé. {told(breach, year)}")
    return _step(post, year, month, MonthAct.VALIDATED, "", by)


def month_breaches(row: ActivityReturn) -> list[Breach]:
    """Every rule of §4 one return breaks, those that ask for a comment after those that forbid validation."""
    cells = {(cell.indicator, cell.row, cell.column): cell.value for cell in row.cells.all()}
    found = relations.breaches(cells)
    if row.month:
        before = cells_held(post=row.post, year=row.year - 1, month=row.month, zone=row.zone)
        counts = {name: getattr(row, name) for name in COUNTS}
        around = surroundings_of(row.post, year=row.year, month=row.month)
        found += [*relations.outliers(cells, before), *plausibility.surprises(cells, counts, around)]
    return sorted(found, key=lambda breach: not breach.blocking)


@transaction.atomic
def reopen_month(*, post: Post, year: int, month: int, reason: str, by: Actor) -> MonthStep:
    """Let a validated month be corrected, with the reason kept. Raises BusinessError when it is not validated."""
    _may(post, by)
    if not reason.strip():
        raise InvalidInput("Dites pourquoi le mois est rouvert.", place="reason")
    last = last_step(post=post, year=year, month=month)
    if last is None or last.act != MonthAct.VALIDATED:
        raise BusinessError(f"{month_name(month).capitalize()} {year} n'est pas validé : il se modifie déjà.")
    return _step(post, year, month, MonthAct.REOPENED, reason.strip(), by)


def _may(post: Post, by: Actor) -> None:
    by.require("activity.edit")
    if not may_record(post=post, by=by):
        raise NotAllowed("Seuls l'employeur du poste et le gestionnaire valident ou rouvrent un mois.")


def _step(post: Post, year: int, month: int, act: MonthAct, reason: str, by: Actor) -> MonthStep:
    return MonthStep.objects.create(
        territory_id=post.territory_id,
        post=post,
        year=year,
        month=month,
        act=act,
        reason=reason,
        by=by.user,
        by_label=by.label,
    )


def labels(cell: Cell, lists: Mapping[str, Sequence[Item]]) -> str:
    """« Personnes par âge et sexe, 18 à 25 ans, Femmes et filles »."""
    indicator = INDICATORS[cell[0]]
    names = [indicator.label]
    for name, code in ((indicator.rows, cell[1]), (indicator.columns, cell[2])):
        names += [item.label for item in lists.get(name, []) if item.code == code]
    return ", ".join(names)
