from .agreement import Convention, ConventionClause, ConventionPlan, ConventionPost, Party, Signatory
from .commission import CommissionFile
from .deliberation import Decision, DecisionConvention, Deliberation
from .history import Comment, ConventionVersion, Signature, Transition
from .template import Clause, Template

__all__ = [
    "Clause",
    "Comment",
    "CommissionFile",
    "Convention",
    "ConventionClause",
    "ConventionPlan",
    "ConventionPost",
    "ConventionVersion",
    "Decision",
    "DecisionConvention",
    "Deliberation",
    "Party",
    "Signatory",
    "Signature",
    "Template",
    "Transition",
]
