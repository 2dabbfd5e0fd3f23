"""Two national models instead of all: enough to write from, and quick to load."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from conventions.clauses.sets import MODELS
from conventions.services.models_library import load_shipped_models


def load_two_models() -> None:
    """The latest F2 and F3, as the product ships them."""
    with tempfile.TemporaryDirectory() as place:
        for family in ("F2", "F3"):
            shutil.copy(MODELS / f"{family}.json", Path(place))
        load_shipped_models(Path(place))
