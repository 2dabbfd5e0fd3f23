"""Forms of conventions. They read and check what is typed; the services decide."""

from .clauses import ClauseForm
from .deliberations import AttachForm, DecisionForm, DeliberationForm
from .drafting import CreateForm, HeadForm, RenewForm
from .mandates import DelegationForm, SignatoryForm, TakeOverForm
from .parties import PartyAddForm, PartyForm, VoteForm
from .review import (
    AnswerForm,
    ApprovalRuleForm,
    CommentForm,
    ReaderCommentForm,
    ReadingRequestForm,
    ReasonForm,
)
from .signing import SignatureForm

__all__ = [
    "AnswerForm",
    "ApprovalRuleForm",
    "AttachForm",
    "ClauseForm",
    "CommentForm",
    "CreateForm",
    "DecisionForm",
    "DelegationForm",
    "DeliberationForm",
    "HeadForm",
    "PartyAddForm",
    "PartyForm",
    "ReaderCommentForm",
    "ReadingRequestForm",
    "ReasonForm",
    "RenewForm",
    "SignatoryForm",
    "SignatureForm",
    "TakeOverForm",
    "VoteForm",
]
