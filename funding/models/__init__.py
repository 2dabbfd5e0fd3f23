from .answers import FindingAnswer
from .budget import BudgetImputation, BudgetLine
from .plan import AllocationKey, AllocationKeyLine, CostComponent, FundingPlan, PlanEvent, PlanPost, Share
from .scenario import Scenario, ScenarioPlan
from .schedule import StateRate
from .titre import ExportBatch, Titre, TitreEvent
from .versions import PlanVersion

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
    "PlanVersion",
    "Scenario",
    "ScenarioPlan",
    "Share",
    "StateRate",
    "Titre",
    "TitreEvent",
]
