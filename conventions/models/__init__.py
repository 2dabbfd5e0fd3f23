from .agreement import Convention, ConventionClause, ConventionPlan, ConventionPost, Party, Signatory
from .delegation import SigningDelegation, SigningPractice
from .deliberation import Decision, DecisionConvention, Deliberation, DeliberationFile
from .history import Comment, ConventionVersion, Signature, Transition
from .review import ApprovalRule, CommentMessage, ReadingReply, ReadingRequest, ReviewSheet
from .template import Clause, Template

__all__ = [
    "ApprovalRule",
    "Clause",
    "Comment",
    "CommentMessage",
    "Convention",
    "ConventionClause",
    "ConventionPlan",
    "ConventionPost",
    "ConventionVersion",
    "Decision",
    "DecisionConvention",
    "Deliberation",
    "DeliberationFile",
    "Party",
    "ReadingReply",
    "ReadingRequest",
    "ReviewSheet",
    "Signatory",
    "Signature",
    "SigningDelegation",
    "SigningPractice",
    "Template",
    "Transition",
]
