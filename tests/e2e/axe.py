"""axe-core on the page shown: what a screen reader, a keyboard or weak sight would stumble on."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_AXE = Axe()
#: How many faulty elements of one rule a failure quotes.
QUOTED = 3


def violations(page: Page) -> list[str]:
    """One line per rule broken, with the elements at fault; empty when the page is clean."""
    found = []
    for violation in _AXE.run(page).response["violations"]:
        nodes = [f"{node['html'][:200]} [{' '.join(map(str, node['target']))}]" for node in violation["nodes"][:QUOTED]]
        found.append(f"{violation['id']} ({violation['impact']}, {len(violation['nodes'])}) : {' | '.join(nodes)}")
    return found
