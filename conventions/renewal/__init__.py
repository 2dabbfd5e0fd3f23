"""Next year's conventions: what changes from one to the next. Reading only; the writing is in ``services.renewal``."""

from .differences import Difference, differences
from .eligible import eligible_conventions, renewal_of, years_to_renew

__all__ = ["Difference", "differences", "eligible_conventions", "renewal_of", "years_to_renew"]
