from .amendments import PlanAmendment, ShareAmendment
from .answers import FindingAnswer
from .budget import BudgetImputation, BudgetLine
from .grant_accounts import GrantAccount, GrantAccountEvent, GrantAccountLine
from .grants import (
    DedicatedFund,
    Grant,
    GrantEvent,
    GrantInstalment,
    GrantPayment,
    GrantRepayment,
    GrantRule,
)
from .plan import AllocationKey, AllocationKeyLine, CostComponent, FundingPlan, PlanEvent, PlanPost, Share
from .scenario import Scenario, ScenarioPlan
from .schedule import StateRate
from .titre import BatchCancellation, BatchLine, ExportBatch, Titre, TitreEvent
from .titre_acts import Advance, ExerciseClosing, Receipt, ReturnFile, ReturnImport, TitrePolicy
from .versions import PlanVersion

__all__ = [
    "Advance",
    "AllocationKey",
    "AllocationKeyLine",
    "BatchCancellation",
    "BatchLine",
    "BudgetImputation",
    "BudgetLine",
    "CostComponent",
    "DedicatedFund",
    "ExerciseClosing",
    "ExportBatch",
    "FindingAnswer",
    "FundingPlan",
    "Grant",
    "GrantAccount",
    "GrantAccountEvent",
    "GrantAccountLine",
    "GrantEvent",
    "GrantInstalment",
    "GrantPayment",
    "GrantRepayment",
    "GrantRule",
    "PlanAmendment",
    "PlanEvent",
    "PlanPost",
    "PlanVersion",
    "Receipt",
    "ReturnFile",
    "ReturnImport",
    "Scenario",
    "ScenarioPlan",
    "Share",
    "ShareAmendment",
    "StateRate",
    "Titre",
    "TitreEvent",
    "TitrePolicy",
]
