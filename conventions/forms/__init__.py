"""Forms of conventions. They read and check what is typed; the services decide."""

from .clauses import ClauseForm
from .deliberations import DeliberationForm
from .drafting import CreateForm, HeadForm, RenewForm
from .parties import PartyAddForm, PartyForm, VoteForm
from .review import AnswerForm, CommentForm, ReasonForm
from .signing import SignatureForm

__all__ = [
    "AnswerForm",
    "ClauseForm",
    "CommentForm",
    "CreateForm",
    "DeliberationForm",
    "HeadForm",
    "PartyAddForm",
    "PartyForm",
    "ReasonForm",
    "RenewForm",
    "SignatureForm",
    "VoteForm",
]
