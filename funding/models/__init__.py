from .answers import FindingAnswer
from .budget import BudgetImputation, BudgetLine
from .plan import AllocationKey, AllocationKeyLine, CostComponent, FundingPlan, PlanEvent, PlanPost, Share
from .titre import ExportBatch, Titre, TitreEvent

__all__ = [
    "AllocationKey",
    "AllocationKeyLine",
    "BudgetImputation",
    "BudgetLine",
    "CostComponent",
    "ExportBatch",
    "FindingAnswer",
    "FundingPlan",
    "PlanEvent",
    "PlanPost",
    "Share",
    "Titre",
    "TitreEvent",
]
