"""The user guide in the application: it renders, its links lead somewhere, and what it quotes is on the screens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from core import markdown
from core.typography import fr_text
from parties.guide import GLOSSARY, GUIDE, IMAGES, PAGES, picture, search_guide, sections, shown
from posts.indicators import DEFINITIONS

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
    assert reverse("first-steps") in client.get(reverse("help")).content.decode()


def test_everyone_reads_the_guide_and_the_accessibility_statement_without_signing_in(client):
    """Who signs by a personal link, or checks a document, has no account and may need help."""
    page = client.get(reverse("accessibility")).content.decode()
    assert "Aucun audit" in page
    assert "Aide</a>" in page
    for name in PAGES:
        assert client.get(reverse("guide", args=[name])).status_code == 200


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_links_lead_to_pages_of_the_guide(path):
    for link in re.findall(r"\]\(([^)\s]+)", path.read_text(encoding="utf-8")):
        name, _, anchor = link.partition("#")
        assert (path.parent / name).is_file(), link
        assert not anchor or anchor in anchors(name.removesuffix(".md")), link


def anchors(name: str) -> list[str]:
    return [section.anchor for section in sections(name)]


@pytest.mark.parametrize("name", PAGES)
def test_an_anchor_names_one_place(name):
    assert len(anchors(name)) == len(set(anchors(name))), name


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


# --- Pictures ---------------------------------------------------------------------------------------------------------

PICTURE = re.compile(r'!\[([^\]]+)\]\(images/([a-z0-9-]+)\.png "([^"]+)"\)')
#: What a picture weighs at most, so that a page of the guide opens on a slow line.
HEAVIEST = 80_000


def test_every_picture_is_shown_once_somewhere_with_words_for_it():
    told = [one for path in FILES for one in PICTURE.findall(path.read_text(encoding="utf-8"))]
    names = [name for _alt, name, _caption in told]
    assert sorted(names) == sorted(path.stem for path in IMAGES.glob("*.png"))
    assert all(len(alt) > 30 and alt != caption for alt, _name, caption in told)


def test_pictures_are_light_and_of_a_known_size():
    for path in IMAGES.glob("*.png"):
        assert path.stat().st_size <= HEAVIEST, f"{path.name}: {path.stat().st_size} bytes"
        found = picture(path.stem)
        assert found is not None
        assert (300 <= found.width <= 1280, 80 <= found.height <= 1600) == (True, True), path.name
        assert found.src == f"/static/guide/{path.name}"


def test_only_our_own_pictures_are_shown():
    known = {"a": markdown.Picture("/static/guide/a.png", 640, 480)}
    text = '![Deux mots](images/a.png "Une « légende » : ici")\n\n![x](https://ailleurs.fr/a.png "y")\n\n'
    text += '![x](images/b.png "y")\n\n![x](images/../a.png "y")'
    html = markdown.render(text, str, pictures=known.get).html
    assert html.count("<img") == 1
    assert '<img src="/static/guide/a.png" alt="Deux mots" width="640" height="480" loading="lazy"' in html
    assert '<a class="no-print" href="/static/guide/a.png">Agrandir' in html
    assert "ailleurs.fr" in html
    assert 'src="https' not in html


# --- Glossary and search ----------------------------------------------------------------------------------------------


def test_units_of_count_are_defined_in_the_glossary_as_on_the_screens():
    text = {section.title.lower(): section.text for section in sections(GLOSSARY)}
    for unit, definition in DEFINITIONS.items():
        assert text[unit.value].startswith(definition), unit


def test_the_first_use_of_a_glossary_word_leads_to_it():
    known = set(anchors(GLOSSARY))
    led = 0
    for name in PAGES:
        html = str(shown(name).html)
        words = re.findall(r'<a class="term" href="/aide/glossaire/#([^"]+)">', html)
        assert len(words) == len(set(words)), f"{name}: a word is linked twice"
        assert set(words) <= known
        assert not re.search(r'<h[23][^>]*>[^<]*<a class="term"', html), f"{name}: a heading holds a link"
        assert (name == GLOSSARY) == (not words)
        led += len(words)
    assert led > 100
    html = str(shown("employeur").html)
    assert '<a class="term" href="/aide/glossaire/#entretien">entretiens</a>' in html


def test_the_guide_is_searched_without_accents_and_by_every_word(client):
    assert "#ouvrir-un-circuit-gestionnaire" in search_guide("facon signer rang")[0].url
    found = search_guide("CONTRE-PASSER")
    assert [one.url for one in found] == ["/aide/finances/#relire-ce-que-votre-logiciel-a-fait"]
    assert "Contre-passer" in found[0].excerpt
    assert found[0].title == fr_text("Finances : Relire ce que votre logiciel a fait")
    assert search_guide("vacance")[0].url.endswith("#vacance"), "a word of a title first"
    assert search_guide("  ") == search_guide("zzzz") == []
    page = client.get(reverse("guide", args=["index"]), {"q": "<b>contre"}).content.decode()
    assert "&lt;b&gt;contre" in page
    assert "<b>contre" not in page
