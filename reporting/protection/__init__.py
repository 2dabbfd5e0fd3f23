"""Small-number protection: which figures of a publication must be hidden so that none of the small ones can be found.

Pure: counts and the sums between them in, the cells to hide out. See :func:`reporting.protection.engine.protect`.
"""

from reporting.protection.engine import protect
from reporting.protection.model import Cause, Protection, Sum, Table

__all__ = ["Cause", "Protection", "Sum", "Table", "protect"]
