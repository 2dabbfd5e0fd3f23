"""What goes into an allocation and what comes out. Frozen data, no behaviour beyond validation of programming errors.

Amounts are `Decimal` euros; exact values are `Fraction`, so that a third stays a third until it is rounded.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

CENT = Decimal("0.01")
EURO = Decimal(1)

WHOLE_COST = "*"
"""`Line.of` value: a percentage of the plan's shared cost, even inside a group."""


class Mode(StrEnum):
    """How a line's share is found (domain M1 to M12)."""

    FIXED = "fixed"
    EQUAL = "equal"
    PERCENTAGE = "percentage"
    KEY = "key"
    REMAINDER = "remainder"


class Method(StrEnum):
    """Where the cents or euros that do not divide go."""

    LARGEST_REMAINDER = "largest_remainder"
    HALF_UP_RESIDUE = "half_up_residue"
    TRUNCATE_RESIDUE = "truncate_residue"


class CostKind(StrEnum):
    PAYROLL = "payroll"
    TRAVEL = "travel"
    EQUIPMENT = "equipment"
    TRAINING = "training"
    OTHER = "other"


def _check_number(value: object, name: str) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, Decimal | int)):
        raise TypeError(f"{name} is a Decimal, not {type(value).__name__}")


@dataclass(frozen=True, slots=True)
class Rounding:
    """The plan's rounding policy. `residue_to` names the line that takes what the two residue methods leave."""

    unit: Decimal = CENT
    method: Method = Method.LARGEST_REMAINDER
    residue_to: str | None = None

    def __post_init__(self) -> None:
        if self.unit not in (CENT, EURO):
            raise ValueError("amounts are rounded to the cent or to the euro")
        object.__setattr__(self, "method", Method(self.method))


@dataclass(frozen=True, slots=True)
class Prorata:
    """Part of a year that is due: 4/12 "mois", 122/365 "jours"."""

    numerator: Decimal | int | Fraction
    denominator: int
    label: str = "mois"

    def __post_init__(self) -> None:
        if isinstance(self.numerator, float) or self.denominator <= 0 or self.numerator < 0:
            raise ValueError("a prorata is a non-negative exact number over a positive integer")

    @property
    def fraction(self) -> Fraction:
        return Fraction(self.numerator) / self.denominator


@dataclass(frozen=True, slots=True)
class Cost:
    """One component of the cost, in euros per year. `amount` None: known to exist, not yet costed."""

    ref: str
    kind: CostKind
    label: str
    amount: Decimal | None
    borne_by: str | None = None  # one line pays it on top of its share (M2); None: part of the shared base
    prorated: bool = True

    def __post_init__(self) -> None:
        _check_number(self.amount, "amount")
        object.__setattr__(self, "kind", CostKind(self.kind))


@dataclass(frozen=True, slots=True)
class Line:
    """One share, or a group of shares when it has `children` ("EPCI", split among its members).

    `equal`: one part of what fixed amounts and percentages leave. Parts are counted at the line's level: each equal
    line, the remainder and the set of key lines make one part each, so thirds stay thirds whether the employer is
    written as a third or as the remainder. `parts` overrides the count: 1/3 even when the other thirds are not stated.
    `percentage`: of the shared cost, or inside a group of the group's amount, unless `of` names a line or `WHOLE_COST`.
    `key`: by weight (inhabitants or typed percentages) among the key lines of the level.
    """

    ref: str
    label: str
    mode: Mode
    children: tuple["Line", ...] = ()
    fixed: Decimal | None = None
    annual: bool = False  # the fixed amount is for a full year, so the prorata applies to it (M7)
    percent: Decimal | None = None
    of: str | None = None
    weight: Decimal | None = None
    parts: int | None = None
    note: str = ""  # where the percentage comes from, told with it ("barème 2024")

    def __post_init__(self) -> None:
        object.__setattr__(self, "mode", Mode(self.mode))
        object.__setattr__(self, "children", tuple(self.children))
        for name in ("fixed", "percent", "weight"):
            _check_number(getattr(self, name), name)
        if not self.ref or self.ref == WHOLE_COST:
            raise ValueError("a line needs a reference of its own")
        if self.parts is not None and self.parts < 1:
            raise ValueError("a share is one of at least one part")


class Op(StrEnum):
    START = "start"
    TIMES = "times"
    ADD = "add"
    SUBTRACT = "subtract"
    FLOOR = "floor"  # to a multiple of the value
    CEIL = "ceil"
    HALF_UP = "half_up"
    RESIDUE = "residue"  # what the level's rounding left, placed here
    BORNE = "borne"  # a cost this line bears on top of its share


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of an explanation, replayable by `replay`."""

    op: Op
    value: Fraction
    label: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something the person must settle. `place` is a line or cost reference, "" for the whole plan."""

    code: str
    place: str
    message: str


@dataclass(frozen=True, slots=True)
class Residue:
    """Where the rounding of one level went. `level` is the group's reference, "" at the top."""

    level: str
    placed: tuple[tuple[str, Decimal], ...]
    message: str


@dataclass(frozen=True, slots=True)
class LineResult:
    """`amount` = `share` + `borne`; None when it cannot be computed. A group's is its children's sum when covered.

    `exact` is the share before rounding (inside a group: computed from the group's rounded amount).
    """

    ref: str
    label: str
    mode: Mode
    parent: str | None
    children: tuple[str, ...]
    exact: Fraction | None
    share: Decimal | None
    borne: Decimal
    amount: Decimal | None
    explanation: str
    steps: tuple[Step, ...]

    @property
    def is_group(self) -> bool:
        return bool(self.children)


@dataclass(frozen=True, slots=True)
class CostResult:
    """A cost for the period: prorated, rounded so that the shared ones sum to `Allocation.shared_cost`."""

    ref: str
    label: str
    kind: CostKind
    borne_by: str | None
    annual: Decimal | None
    exact: Fraction | None
    amount: Decimal | None
    explanation: str


@dataclass(frozen=True, slots=True)
class Allocation:
    """Result of `allocate`. `imbalance` = cost − shares: positive when money is missing, None without a known cost."""

    lines: dict[str, LineResult]
    top: tuple[str, ...]
    costs: tuple[CostResult, ...]
    shared_cost: Decimal | None
    borne_cost: Decimal
    total_cost: Decimal | None
    total_shares: Decimal
    imbalance: Decimal | None
    balanced: bool
    problems: tuple[Problem, ...] = ()
    residues: tuple[Residue, ...] = field(default=())

    def amount(self, ref: str) -> Decimal | None:
        return self.lines[ref].amount
