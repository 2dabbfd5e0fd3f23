from .answers import FindingAnswer
from .budget import BudgetLine
from .plan import AllocationKey, AllocationKeyLine, CostComponent, FundingPlan, PlanEvent, PlanPost, Share
from .titre import ExportBatch, Titre, TitreEvent

__all__ = [
    "AllocationKey",
    "AllocationKeyLine",
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
