"""What people send is judged by its content, and seen by the antivirus of the site when it has one."""

from __future__ import annotations

import io
import re
import socketserver
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django import forms
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from core import uploads
from core.errors import InvalidInput
from core.uploads import CSV, JSON, PDF, XLSX, XML, ScannerUnavailable, UploadField, accept

#: The harmless text every antivirus is asked to recognise, cut in two so that none stops on this very file.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def workbook(extra: str = "") -> bytes:
    stream = io.BytesIO()
    Workbook().save(stream)
    if extra:
        with zipfile.ZipFile(stream, "a") as archive:
            archive.writestr(extra, b"program")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kinds"),
    [
        ("a.csv", "poste;montant\né;1\n".encode("cp1252"), (CSV, XLSX)),
        ("A.XLSX", workbook(), (CSV, XLSX)),
        ("dossier.json", b'\xef\xbb\xbf {"a": 1}', (JSON,)),
        ("retour.xml", b"<?xml version='1.0'?><a/>", (XML,)),
        ("acte.pdf", b"%PDF-1.7\n", (PDF,)),
        ("vide.csv", b"", (CSV,)),
    ],
)
def test_what_is_read(name, content, kinds):
    assert accept(SimpleUploadedFile(name, content), kinds=kinds) == content


@pytest.mark.parametrize(
    ("name", "content", "kinds", "words"),
    [
        ("a.exe", b"MZ", (CSV, XLSX), "CSV ou XLSX sans macro"),
        ("a.xlsx.js", b"alert(1)", (XLSX,), "n'est pas lu"),
        ("a.xlsx", b"poste;montant", (XLSX,), "n'est pas un fichier XLSX"),
        ("a.csv", workbook(), (CSV,), "n'est pas un fichier CSV"),
        ("a.json", b"<html>", (JSON,), "n'est pas un fichier JSON"),
        ("a.xml", b"{}", (XML,), "n'est pas un fichier XML"),
        ("a.pdf", b"PK\x03\x04", (PDF,), "n'est pas un fichier PDF"),
        ("a.xlsx", workbook("xl/vbaProject.bin"), (XLSX,), "sans macro"),
        ("a" * 150 + ".csv", b"x", (CSV,), "trop long"),
        ("a\u202ecsv.csv", b"x", (CSV,), "signes interdits"),
    ],
)
def test_what_is_refused(name, content, kinds, words):
    with pytest.raises(InvalidInput, match=words) as refusal:
        accept(SimpleUploadedFile(name, content), kinds=kinds, place="file")
    assert refusal.value.place == "file"


def test_too_big_is_refused_before_it_is_read():
    file = SimpleUploadedFile("a.csv", b"x" * 11)
    file.file = None  # reading it would fail
    with pytest.raises(InvalidInput, match="dépasse 0 Mo"):
        accept(file, kinds=(CSV,), largest=10)


def test_a_form_says_it_beside_the_field():
    class FileForm(forms.Form):
        file = UploadField(kinds=(CSV,), label="Fichier")

    form = FileForm({}, {"file": SimpleUploadedFile("a.csv", b"\0\0")})
    assert form.errors["file"] == [
        "Ce fichier n'est pas un fichier CSV lisible : enregistrez-le de nouveau dans ce format."
    ]
    good = FileForm({}, {"file": SimpleUploadedFile("a.csv", b"a;b")})
    assert good.is_valid()
    assert good.cleaned_data["file"].read() == b"a;b"


def test_no_form_takes_a_file_by_another_door():
    root = Path(django_settings.BASE_DIR)
    apps = ("parties", "posts", "funding", "conventions", "reporting", "config")
    sources = [path for app in apps for path in (root / app).rglob("*.py")]
    assert len(sources) > 200
    assert not [str(path) for path in sources if re.search(r"forms\.(File|Image)Field\(", path.read_text("utf-8"))]


# --- The antivirus ----------------------------------------------------------------------------------------------------


class Daemon(socketserver.ThreadingTCPServer):
    """Speaks clamd's INSTREAM: the protocol is real, the only virus it knows is EICAR."""

    allow_reuse_address = True
    answer = b""


class Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while size := int.from_bytes(self.rfile.read(4), "big"):
            content += self.rfile.read(size)
        found = b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
        self.wfile.write(self.server.answer or found)  # type: ignore[attr-defined]


@pytest.fixture
def daemon(settings) -> Iterator[Daemon]:
    with Daemon(("127.0.0.1", 0), Conversation) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.COSIGNE_CLAMD_ADDRESS = f"127.0.0.1:{server.server_address[1]}"
        settings.COSIGNE_UPLOAD_SCANNER = "core.uploads.clamd"
        yield server
        server.shutdown()


def test_the_antivirus_sees_the_whole_file(daemon):
    padding = b"a" * (uploads.CLAMD_CHUNK + 7)
    assert accept(SimpleUploadedFile("a.csv", padding), kinds=(CSV,)) == padding
    with pytest.raises(InvalidInput, match="L'antivirus a refusé"):
        accept(SimpleUploadedFile("a.csv", padding + EICAR), kinds=(CSV,))


def test_without_an_answer_nothing_passes(daemon, settings):
    daemon.answer = b"INSTREAM size limit exceeded. ERROR\0"
    with pytest.raises(ScannerUnavailable) as refusal:
        accept(SimpleUploadedFile("a.csv", b"a"), kinds=(CSV,))
    assert refusal.value.status == 503
    settings.COSIGNE_CLAMD_ADDRESS = "127.0.0.1:1"
    with pytest.raises(ScannerUnavailable, match="ne répond pas"):
        accept(SimpleUploadedFile("a.csv", b"a"), kinds=(CSV,))
