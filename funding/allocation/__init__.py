"""Sharing the cost of posts among financers. Pure: dataclasses in, dataclasses out, no database.

See `funding.allocation.engine.allocate` for the contract and `funding.allocation.model` for the vocabulary.
"""

from funding.allocation.arithmetic import replay
from funding.allocation.cross import column_totals, cross_split
from funding.allocation.engine import allocate
from funding.allocation.model import (
    WHOLE_COST,
    Allocation,
    Cost,
    CostKind,
    CostResult,
    Line,
    LineResult,
    Method,
    Mode,
    Op,
    Problem,
    Prorata,
    Residue,
    Rounding,
    Step,
)
from funding.allocation.years import Span, allocate_year

__all__ = [
    "WHOLE_COST",
    "Allocation",
    "Cost",
    "CostKind",
    "CostResult",
    "Line",
    "LineResult",
    "Method",
    "Mode",
    "Op",
    "Problem",
    "Prorata",
    "Residue",
    "Rounding",
    "Span",
    "Step",
    "allocate",
    "allocate_year",
    "column_totals",
    "cross_split",
    "replay",
]
