from .agreement import Convention, ConventionClause, ConventionPlan, ConventionPost, Party, Signatory
from .calendar import CalendarFeed, CalendarPreference, CalendarReminder, CalendarRule
from .deliberation import Decision, DecisionConvention, Deliberation
from .drafting import Annex, FormDraft
from .history import Comment, ConventionVersion, Signature, Transition
from .template import Clause, Template

__all__ = [
    "Annex",
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
    "FormDraft",
    "Party",
    "Signatory",
    "Signature",
    "Template",
    "Transition",
]
