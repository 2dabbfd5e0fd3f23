from .agreement import Convention, ConventionClause, ConventionPlan, ConventionPost, Party, Signatory
from .calendar import CalendarFeed, CalendarPreference, CalendarReminder, CalendarRule
from .deliberation import Decision, DecisionConvention, Deliberation
from .history import Comment, ConventionVersion, Signature, Transition
from .template import Clause, ModelChoice, Template

__all__ = [
    "CalendarFeed",
    "CalendarPreference",
    "CalendarReminder",
    "CalendarRule",
    "Clause",
    "Comment",
    "Convention",
    "ConventionClause",
    "ConventionPlan",
    "ConventionPost",
    "ConventionVersion",
    "Decision",
    "DecisionConvention",
    "Deliberation",
    "ModelChoice",
    "Party",
    "Signatory",
    "Signature",
    "Template",
    "Transition",
]
