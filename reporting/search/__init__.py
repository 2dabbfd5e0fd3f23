"""One search over everything the person may see."""

from .finding import MOST_RESULTS, SHORTEST, Group, Result, found

__all__ = ["MOST_RESULTS", "SHORTEST", "Group", "Result", "found"]
