"""The home page « À faire »: what waits for each role, what is late, what is at risk, what comes next."""

from .board import Board, board_for
from .items import DateItem, Kpi, Section, TodoItem

__all__ = ["Board", "DateItem", "Kpi", "Section", "TodoItem", "board_for"]
