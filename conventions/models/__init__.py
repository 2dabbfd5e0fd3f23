from .agreement import Convention, ConventionClause, ConventionPlan, ConventionPost, Party, Signatory
from .avenant import Avenant, AvenantChange, AvenantTransition, ConventionEnding
from .deliberation import Decision, DecisionConvention, Deliberation
from .history import Comment, ConventionVersion, Signature, Transition
from .template import Clause, Template

__all__ = [
    "Avenant",
    "AvenantChange",
    "AvenantTransition",
    "Clause",
    "Comment",
    "Convention",
    "ConventionClause",
    "ConventionEnding",
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
