from .agreement import Convention, ConventionClause, ConventionPlan, ConventionPost, Party, Signatory
from .avenant import Avenant, AvenantChange, AvenantTransition, ConventionEnding
from .calendar import CalendarFeed, CalendarPreference, CalendarReminder, CalendarRule, ReportSchedule
from .commission import CommissionFile
from .delegation import SigningDelegation, SigningPractice
from .deliberation import Decision, DecisionConvention, Deliberation, DeliberationFile
from .drafting import Annex, FormDraft
from .history import Comment, ConventionVersion, Signature, Transition
from .review import ApprovalRule, CommentMessage, ReadingReply, ReadingRequest, ReviewSheet
from .template import Clause, ModelChoice, Template

__all__ = [
    "Annex",
    "ApprovalRule",
    "Avenant",
    "AvenantChange",
    "AvenantTransition",
    "CalendarFeed",
    "CalendarPreference",
    "CalendarReminder",
    "CalendarRule",
    "Clause",
    "Comment",
    "CommentMessage",
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
    "DeliberationFile",
    "FormDraft",
    "ModelChoice",
    "Party",
    "ReadingReply",
    "ReadingRequest",
    "ReportSchedule",
    "ReviewSheet",
    "Signatory",
    "Signature",
    "SigningDelegation",
    "SigningPractice",
    "Template",
    "Transition",
]
