"""docs/securite.md: what it cites exists, and no chapter is forgotten."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEXT = (ROOT / "docs" / "securite.md").read_text(encoding="utf-8")
STATES = {"fait", "partiel", "non", "s. o."}


def test_every_file_cited_exists():
    cited = set(re.findall(r"`((?:tests|docs|parties|posts|requirements)/[^`]*)`", TEXT))
    cited |= set(re.findall(r"\btests/[\w/]+\.py", TEXT))
    assert len(cited) > 20
    assert not [path for path in sorted(cited) if not (ROOT / path).exists()]


def test_every_chapter_is_there_and_every_line_has_a_state_and_a_proof():
    assert re.findall(r"^### V(\d+)", TEXT, re.M) == [str(number) for number in range(1, 15)]
    lines = [line.strip("|").split(" | ") for line in TEXT.splitlines() if re.match(r"\| \d+\.\d+", line)]
    assert len(lines) > 50
    for section, state, words, proof in lines:
        assert state in STATES, section
        assert words.strip(), section
        # What is said to be done says where to look.
        assert state != "fait" or proof.strip() != "–", section
