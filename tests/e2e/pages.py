"""A person in front of the application: where they go, and what must be true of every page they see."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Download, Locator, Page, Response, expect

from tests.e2e.axe import violations
from tests.e2e.people import HOMES

#: COSIGNE_PICTURES=some/directory keeps a picture of every page looked at, wide and narrow, for people to judge.
PICTURES = os.environ.get("COSIGNE_PICTURES")
NARROW = {"width": 375, "height": 812}
WIDE = {"width": 1280, "height": 900}

#: Words that only a programming language, a library's default message or an untranslated page would show.
FOREIGN = re.compile(
    r"\b(None|True|False|null|undefined|NaN|Decimal|Save|Delete|Submit|Cancel|Login|Logout|Password|Search|Required"
    r"|This field|Please|Loading|Next|Previous|January|February|August|December|Monday)\b"
    r"|\{[{%]"
)


@dataclass
class Visitor:
    """One signed-in person and their browser window. ``faults`` gathers what is wrong, page by page."""

    page: Page
    url: str
    #: False in a browser without scripts, where nothing can examine the page.
    scripts: bool = True
    who: str = ""
    faults: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._complaints: list[str] = []
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self._complaints.append(f"script : {error}"))
        self.page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        # A refused form (422) or a page asked for on purpose (404) is logged by the browser itself: see _on_response.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self._complaints.append(f"console : {message.text}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500 or (response.status >= 400 and "/static/" in response.url):
            self._complaints.append(f"{response.status} : {response.url}")

    # --- Going somewhere ----------------------------------------------------------------------------------------------

    def sign_in(self, label: str) -> Visitor:
        """Through the button of a demonstration account, as a newcomer would."""
        self.who = label
        self.page.goto(f"{self.url}/connexion/")
        self.page.get_by_role("button", name=f"en tant que {label}").click()
        expect(self.heading).to_have_text(HOMES.get(label, "À faire"))
        return self

    def open(self, path: str, name: str = "") -> Visitor:
        """Go to ``path`` (or a full address of the site); with ``name``, look at the page."""
        self.page.goto(path if path.startswith("http") else f"{self.url}{path}")
        if name:
            self.look(name)
        return self

    def menu(self, entry: str) -> None:
        """An entry of the left navigation."""
        self.page.locator("nav.sidenav").get_by_role("link", name=entry).click()

    def follow(self, name: str | re.Pattern[str], *, within: Locator | None = None) -> None:
        (within or self.main).get_by_role("link", name=name).first.click()

    def press(self, name: str | re.Pattern[str], *, within: Locator | None = None, exact: bool = False) -> None:
        button = (within or self.main).get_by_role("button", name=name, exact=exact).first
        if self.scripts:
            button.click()
            return
        # Without scripts every button sends a form: what is typed into a page about to leave is lost.
        with self.page.expect_navigation(wait_until="load"):
            button.click()

    def confirm(self, name: str) -> None:
        """Press a button that asks once, and say yes."""
        self.press(name)
        dialog = self.page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        dialog.get_by_role("button", name=name).click()

    def status_of(self, path: str) -> int:
        """The HTTP status of an address for this person, without leaving the page."""
        return self.page.request.get(f"{self.url}{path}", max_redirects=0).status

    def download(self, click: Locator) -> tuple[str, bytes]:
        """The name and content of the file that a click gives."""
        with self.page.expect_download() as waited:
            click.click()
        return _read(waited.value)

    def fetch(self, path: str) -> bytes:
        """The file at ``path``; fails when it is not given."""
        response = self.page.request.get(f"{self.url}{path}")
        assert response.status == 200, f"{self.who} : {path} répond {response.status}"
        return response.body()

    # --- What is on the page ------------------------------------------------------------------------------------------

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    def field(self, label: str, *, within: Locator | None = None) -> Locator:
        """The field whose label is exactly ``label``, said to be mandatory or not."""
        return (within or self.main).get_by_label(re.compile(rf"^\s*{re.escape(label)}(\s+\(obligatoire\))?\s*$"))

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    @property
    def messages(self) -> Locator:
        return self.page.locator("#messages")

    def told(self, text: str | re.Pattern[str]) -> None:
        """The application has said ``text`` at the top of the page."""
        expect(self.messages).to_contain_text(text)

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.url)

    # --- What must be true of every page ------------------------------------------------------------------------------

    def look(self, name: str) -> None:
        """Check the page shown: accessibility, one title, French, no script nor policy error. Keeps what is wrong."""
        page = self.page
        page.wait_for_load_state("load")
        if not self.scripts:
            return
        wrong = violations(page)
        if page.locator("h1").count() != 1:
            wrong.append(f"{page.locator('h1').count()} titres h1")
        title = page.title()
        if not title.endswith(" – Cosigne") or len(title) < 12:
            wrong.append(f"titre de la page : « {title} »")
        if page.locator("html").get_attribute("lang") != "fr":
            wrong.append("langue de la page")
        words = FOREIGN.search(f"{title}\n{page.locator('body').inner_text()}")
        if words:
            wrong.append(f"mot étranger : « {words.group()} »")
        wrong += self._complaints
        self._complaints.clear()
        self.seen.append(name)
        self.faults += [f"{self.who or 'anonyme'}, {name} ({self.path}) – {fault}" for fault in wrong]
        self._picture(name)

    def _picture(self, name: str) -> None:
        if not PICTURES:
            return
        size = self.page.viewport_size
        stem = re.sub(r"[^a-z0-9]+", "-", f"{self.who[:9]}-{name}".lower())
        for shape in (WIDE, NARROW):
            self.page.set_viewport_size(shape)
            self.page.screenshot(
                path=Path(PICTURES) / f"{stem}-{shape['width']}.png",
                full_page=True,
                caret="initial",  # hiding it injects a style, which our policy rightly refuses
            )
        if size:
            self.page.set_viewport_size(size)


def _read(download: Download) -> tuple[str, bytes]:
    return download.suggested_filename, Path(download.path()).read_bytes()


@contextmanager
def no_fault(*visitors: Visitor) -> Iterator[None]:
    """At the end, everything wrong that was seen on any page, at once."""
    yield
    faults = [fault for visitor in visitors for fault in visitor.faults]
    assert not faults, "\n".join(["Ce qui ne va pas :", *faults])
