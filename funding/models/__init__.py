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
from .titre import ExportBatch, Titre, TitreEvent
from .versions import PlanVersion

__all__ = [
    "AllocationKey",
    "AllocationKeyLine",
    "BudgetImputation",
    "BudgetLine",
    "CostComponent",
    "DedicatedFund",
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
