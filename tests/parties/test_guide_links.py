"""Help on each screen: every address leads to a section of the guide that exists, and every page shows the link."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.urls import reverse

from parties.enums import PlatformRole, Role
from parties.guide import PAGES, sections
from parties.guide_links import TOPICS, begins, help_for, topic_of
from tests.reads import READS
from tests.routes import ROUTES, Scene, shared_scene  # noqa: F401

ROLES = ("", *Role.values, *PlatformRole.values, "exceptionnel")
TEMPLATES = Path(settings.BASE_DIR) / "templates"
#: In the top bar with an icon, or at the foot of a page without one.
LINK = re.compile(
    r'<a(?: class="topbar__help")? href="([^"]+)">(?:<svg(?:(?!</svg>).)*</svg><span[^>]*>)?Aide sur cette page</'
)


def test_the_guide_explains_every_address_to_every_role():
    places = {(name, section.anchor) for name in PAGES for section in sections(name)}
    wanted = {(name, topic_of(name, role)) for name, route in ROUTES.items() if not route.is_api for role in ROLES}
    unsaid = sorted(name for name, topic in wanted if not topic)
    assert not unsaid, "parties/guide_links.py: say which section of the guide explains them"
    assert not sorted((name, topic) for name, topic in wanted if tuple(topic.split("#")) not in places)


def test_no_line_of_the_map_is_useless():
    names = set(ROUTES) | {"styleguide"}
    unused = {key for key in TOPICS if not any(begins(n, key) for n in names)}
    assert not unused


def test_the_longest_name_wins_and_each_role_has_its_own_page():
    assert topic_of("plan-grid-undo") == "tableau#ecrire-dans-les-cases"
    assert topic_of("plan", "gestionnaire") == "gestionnaire#le-plan-de-financement"
    assert help_for("conventions", "partenaire") == "/aide/partenaire/#ce-que-vous-voyez"
    assert help_for("accessibility") == "/accessibilite/#signaler-un-defaut"
    assert help_for("no-such-name") == "/aide/index/"


def test_every_page_has_a_frame_that_shows_the_link():
    frames = {TEMPLATES / "base.html", TEMPLATES / "ui" / "bare.html"}
    for frame in frames:
        assert "{% page_help as page_help_url %}" in frame.read_text(encoding="utf-8")
    alone = [
        path.relative_to(TEMPLATES).as_posix()
        for path in TEMPLATES.rglob("*.html")
        if "<!DOCTYPE" in path.read_text(encoding="utf-8") and path not in frames
    ]
    # What is printed or sent is no screen.
    assert [name for name in alone if not re.match(r"(pdf|docx)/|.*/mail/", name)] == []


def test_the_pages_themselves_show_it(shared_scene: Scene):  # noqa: F811
    """Asked for by somebody who may, every page of a territory has one link, to what the map says."""
    seen = 0
    for name, route in ROUTES.items():
        if route.is_api or not READS.get(name):
            continue
        role = next((one for one in ("gestionnaire", "finances_a", "national", "plateforme") if one in READS[name]), "")
        if not role:
            continue
        answer = shared_scene.client(role).get(shared_scene.address(route, "a"))
        page = "" if answer.streaming else answer.content.decode(errors="replace")
        if answer.status_code != 200 or "<!DOCTYPE" not in page:  # a file, a fragment
            continue
        found = LINK.findall(page)
        assert found == [help_for(name, role.removesuffix("_a"))], name
        seen += 1
    assert seen > 100


def test_without_an_account_too(client, db):
    for name in ("login", "verify", "password-forgotten", "privacy"):
        assert LINK.findall(client.get(reverse(name)).content.decode()) == [help_for(name)]
    # A page that is not there has a frame and no topic.
    assert LINK.findall(client.get("/nulle-part/").content.decode()) == []
