from .agreement import Convention, ConventionClause, ConventionPlan, ConventionPost, Party, Signatory
from .avenant import Avenant, AvenantChange, AvenantTransition, ConventionEnding
from .commission import CommissionFile
from .deliberation import Decision, DecisionConvention, Deliberation
from .drafting import Annex, FormDraft
from .history import Comment, ConventionVersion, Signature, Transition
from .template import Clause, ModelChoice, Template

__all__ = [
    "Annex",
    "Avenant",
    "AvenantChange",
    "AvenantTransition",
    "Clause",
    "Comment",
    "CommissionFile",
    "Convention",
    "ConventionClause",
    "ConventionEnding",
    "ConventionPlan",
    "ConventionPost",
    "ConventionVersion",
    "Decision",
    "DecisionConvention",
    "Deliberation",
    "FormDraft",
    "ModelChoice",
    "Party",
    "Signatory",
    "Signature",
    "Template",
    "Transition",
]
