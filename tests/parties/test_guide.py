"""The user guide in the application: it renders, its links lead somewhere, and what it quotes is on the screens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from core import markdown
from core.typography import fr_text
from parties.views.guide import GUIDE, PAGES

pytestmark = pytest.mark.django_db
ROOT = Path(settings.BASE_DIR)
FILES = sorted(GUIDE.glob("*.md"))


def plain(text: str) -> str:
    """Apostrophes, spaces and entities as one kind, case aside."""
    text = text.replace("&#8239;", " ").replace("’", "'").replace("\u202f", " ").replace("\u00a0", " ")
    return " ".join(text.split()).lower()


@pytest.fixture(scope="module")
def screens() -> str:
    """Every word the application may show: templates and code."""
    apps = ("core", "parties", "posts", "funding", "conventions", "reporting")
    sources = [*(ROOT / "templates").rglob("*.html"), *(p for app in apps for p in (ROOT / app).rglob("*.py"))]
    sources = [path for path in sources if path.name != "guide.html"]
    return plain("\n".join(path.read_text(encoding="utf-8") for path in sources))


def test_every_page_of_the_guide_is_served_and_no_other(cast):
    assert {path.stem for path in FILES} == set(PAGES)
    client = cast.client("partenaire")
    for name in PAGES:
        answer = client.get(reverse("guide", args=[name]))
        assert answer.status_code == 200
        title = (GUIDE / f"{name}.md").read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        page = answer.content.decode()
        assert f"{fr_text(title)}</h1>" in page
        assert page.count("<h1") == 1
        assert "**" not in page
        assert "\n|" not in page
    assert client.get(reverse("guide", args=["autre"])).status_code == 404
    assert reverse("guide", args=["calculs"]) in client.get(reverse("help")).content.decode()


def test_everyone_may_read_the_accessibility_statement_without_signing_in(client):
    page = client.get(reverse("accessibility")).content.decode()
    assert "Aucun audit" in page
    assert "Aide</a>" in page
    assert client.get(reverse("guide", args=["calculs"])).status_code == 302


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_links_lead_to_pages_of_the_guide(path):
    for link in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / link.partition("#")[0]).is_file(), link


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_the_guide_tells_to_press_is_on_a_screen(path, screens):
    """In bold: labels as they are written on the pages. One renamed there is to be renamed here."""
    text = path.read_text(encoding="utf-8")
    labels = {plain(label) for label in re.findall(r"\*\*([^*]+)\*\*", text) if label not in EMPHASIS}
    assert not [label for label in sorted(labels) if label not in screens]


#: Bold that is no label: what must not be missed.
EMPHASIS = {
    "Tout ou rien",
    "Deux fois vaut une fois",
    "Ce qui n'est pas dans le fichier reste tel quel.",
    "Ce qui est figé le reste",
    "Aucun audit\nRGAA n'a été fait",
}


def test_checks_described_are_those_of_the_code():
    described = set(re.findall(r"^### ([RT]\d\d)", (GUIDE / "controles.md").read_text(encoding="utf-8"), re.MULTILINE))
    sources = [*(ROOT / "funding/checks").glob("*.py"), *(ROOT / "conventions/checks").glob("*.py")]
    written = {code for path in sources for code in re.findall(r'"([RT]\d\d)"', path.read_text(encoding="utf-8"))}
    assert described == written


def test_markdown_escapes_everything_it_does_not_know():
    links = str.upper
    page = markdown.render("# A & B\n\n<b>x</b> **y & z** `a<b`\nfollows [ici](x.md)\n", links)
    assert page.title == "A & B"
    assert page.html == (
        '<p>&lt;b&gt;x&lt;/b&gt; <strong>y &amp; z</strong> <code>a&lt;b</code> follows <a href="X.MD">ici</a></p>'
    )


def test_markdown_lists_and_tables():
    text = "## Titre\nTexte :\n- un\n  suite\n- deux\n\n1. premier\n2. second\n\n"
    text += "| c |\n|---|\n| d |\n\n| a | b |\n|---|---:|\n| **x** | y |\n| | z |"
    html = markdown.render(text, str).html
    assert '<h2 id="titre">Titre</h2>' in html
    assert "<p>Texte\u202f:</p>\n<ul><li>un suite</li><li>deux</li></ul>" in html
    assert "<ol><li>premier</li><li>second</li></ol>" in html
    assert ['aria-label="Tableau : Titre"' in html, 'aria-label="Tableau : Titre (2)"' in html] == [True, True]
    assert '<th scope="col">a</th><th scope="col" class="num">b</th>' in html
    assert (
        '<tr><th scope="row"><strong>x</strong></th><td class="num">y</td></tr><tr><td></td><td class="num">z</td></tr>'
        in html
    )
