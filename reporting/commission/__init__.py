"""The dossier of a vote: report, deliberation and every annex, one document whose figures all agree."""

from .content import content_of
from .findings import commission_findings
from .reading import Commission, read_commission

__all__ = ["Commission", "commission_findings", "content_of", "read_commission"]
