"""What changing a convention entails once its text is approved: a correction, a new approval, signatures, an avenant.

Pure: contents in, verdict out. ``services.impact`` reads and writes.
"""

from .changes import Change, Kind, changes_between
from .verdict import Judged, Outcome, Situation, Verdict, verdict_on
from .wording import only_form

__all__ = [
    "Change",
    "Judged",
    "Kind",
    "Outcome",
    "Situation",
    "Verdict",
    "changes_between",
    "only_form",
    "verdict_on",
]
