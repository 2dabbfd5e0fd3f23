"""Budget lines with what they pay, and the posts a body employs itself."""

from .figures import Charge, Gap, LineFigures
from .lines import concerning, conventions_by_plan, figures_of, unassigned_shares
from .own import OwnPost, OwnPosts, own_posts_of

__all__ = [
    "Charge",
    "Gap",
    "LineFigures",
    "OwnPost",
    "OwnPosts",
    "concerning",
    "conventions_by_plan",
    "figures_of",
    "own_posts_of",
    "unassigned_shares",
]
