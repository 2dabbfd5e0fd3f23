"""docs/securite.md: what it cites exists, and no chapter is forgotten."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEXT = (ROOT / "docs" / "securite.md").read_text(encoding="utf-8")
ITEMS = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
STATES = {"fait", "partiel", "non", "s. o."}


def test_every_file_cited_exists():
    texts = TEXT + ITEMS
    cited = set(re.findall(r"`((?:tests|docs|parties|posts|requirements|config|templates|static)/[^`]*)`", texts))
    cited |= set(re.findall(r"\btests/[\w/]+\.py", texts))
    assert len(cited) > 20
    assert not [path for path in sorted(cited) if not (ROOT / path).exists()]


#: Requirements of ASVS 4.0.3 in force at level 2, those it withdrew left out: section → their numbers.
ASVS = {
    "1.1": "1-7", "1.2": "1-4", "1.4": "1 4 5", "1.5": "1-4", "1.6": "1-4", "1.7": "1-2", "1.8": "1-2", "1.9": "1-2",
    "1.10": "1", "1.11": "1-2", "1.12": "2", "1.14": "1-6",
    "2.1": "1-12", "2.2": "1-3", "2.3": "1-3", "2.4": "1-6", "2.5": "1-7", "2.6": "1-3", "2.7": "1-6", "2.8": "1-7",
    "2.9": "1-3", "2.10": "1-4",
    "3.1": "1", "3.2": "1-4", "3.3": "1-4", "3.4": "1-5", "3.5": "1-3", "3.7": "1",
    "4.1": "1-3 5", "4.2": "1-2", "4.3": "1-3",
    "5.1": "1-5", "5.2": "1-8", "5.3": "1-10", "5.4": "1-3", "5.5": "1-4",
    "6.1": "1-3", "6.2": "1-6", "6.3": "1-2", "6.4": "1-2",
    "7.1": "1-4", "7.2": "1-2", "7.3": "1 3 4", "7.4": "1-3",
    "8.1": "1-4", "8.2": "1-3", "8.3": "1-8",
    "9.1": "1-3", "9.2": "1-4",
    "10.2": "1-2", "10.3": "1-3",
    "11.1": "1-8",
    "12.1": "1-3", "12.2": "1", "12.3": "1-6", "12.4": "1-2", "12.5": "1-2", "12.6": "1",
    "13.1": "1 3-5", "13.2": "1-3 5-6", "13.3": "1-2", "13.4": "1-2",
    "14.1": "1-4", "14.2": "1-6", "14.3": "2-3", "14.4": "1-7", "14.5": "1-4",
}  # fmt: skip


def requirements() -> list[str]:
    found = []
    for section, numbers in ASVS.items():
        for part in numbers.split():
            first, _, last = part.partition("-")
            found += [f"{section}.{number}" for number in range(int(first), int(last or first) + 1)]
    return found


def test_every_requirement_is_there_once_with_a_state_and_a_proof():
    assert re.findall(r"^## V(\d+)", ITEMS, re.M) == [str(number) for number in range(1, 15)]
    lines = [line.strip("|").split(" | ") for line in ITEMS.splitlines() if re.match(r"\| \d+\.\d+\.\d+", line)]
    assert [fields[0].strip() for fields in lines] == requirements()
    assert f"Les {len(lines)} exigences" in TEXT
    for number, state, words, proof in lines:
        assert state in STATES, number
        assert words.strip(), number
        # What is said to be done says where to look.
        assert state != "fait" or proof.strip(" |") != "–", number
