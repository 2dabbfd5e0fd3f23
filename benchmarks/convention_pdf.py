"""Rendering conventions: ours beside bare WeasyPrint on the same HTML, one process beside two, in one run.

    python -m benchmarks.convention_pdf [--documents 24]

« nu » is ``weasyprint.HTML(string=…).write_pdf()`` with the same style sheets: no PDF/A, no tags, no attachment, no
signature field, no QR code, no check of characters. « le nôtre » does all of that, from the canonical content, template
included. Each line is a process of its own (or two); starting it and the first document, which loads fonts and compiles
templates, are not counted. The two processes are those of the batch (« Produire les PDF »), in a worker pool.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import django

WHEN = datetime(2023, 7, 3, 9, tzinfo=UTC)
MEASURES = ("bare", "ours", "pool-1", "pool-2", "seal", "verify", "docx")
NAMES = {
    "bare": "WeasyPrint nu, un processus",
    "ours": "le nôtre, un processus",
    "pool-1": "le nôtre, en lot, un processus",
    "pool-2": "le nôtre, en lot, deux processus",
    "seal": "cachet seul (B-B)",
    "verify": "vérification d'un fichier scellé et signé par tous",
    "docx": "DOCX (pandoc)",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=24)
    parser.add_argument("--measure", default="", choices=["", *MEASURES], help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    if options.measure:
        django.setup()
        print(*measure(options.measure, options.documents))
        return
    print("| Mesure | documents | ms par document | documents/s | × nu | ms de processeur |")
    print("|---|---:|---:|---:|---:|---:|")
    bare = 0.0
    for name in MEASURES:
        command = [sys.executable, "-m", "benchmarks.convention_pdf", "--measure", name]
        command += ["--documents", str(options.documents)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        seconds, busy = float(said[-2]), float(said[-1])
        bare = bare or seconds
        each, used = seconds / options.documents, f"{busy / options.documents * 1000:.0f}" if busy else ""
        line = [NAMES[name], options.documents, f"{each * 1000:.0f}", f"{1 / each:.1f}", f"{seconds / bare:.2f}", used]
        print("|", *(f"{cell} |" for cell in line), flush=True)


def content(number: int) -> dict[str, Any]:
    """Convention 62-A13 of the act, approved: seven pages, four signatories, a financing table, an annex."""
    from tests.reporting.sample import osartis_content

    return osartis_content(draft=False, version=1, status_label="", reference=f"62-{number}")


def mark(number: int) -> Any:
    from reporting.seal.marks import PrintedMark

    return PrintedMark(UUID(int=number), 1, "0123456789ab", "https://cosigne.example.org")


def measure(name: str, count: int) -> tuple[float, float]:
    """Seconds for ``count`` documents, warm, and of processor when this process alone works (else 0)."""
    if name.startswith("pool-"):
        return pool(count, workers=int(name[-1])), 0
    do = {"bare": bare, "ours": ours, "seal": seals, "verify": verifies, "docx": docx}[name](count)
    do(0)
    started, busy = time.perf_counter(), time.process_time()
    for number in range(1, count + 1):
        do(number)
    return time.perf_counter() - started, time.process_time() - busy


def bare(count: int) -> Callable[[int], object]:
    import weasyprint

    from reporting.pdf.assets import PRINT_STYLES
    from reporting.pdf.convention import TEMPLATE, printable
    from reporting.pdf.engine import printable_html

    pages = [
        printable_html(template=TEMPLATE, context={"content": printable(content(n))}, title=content(n)["title"])
        for n in range(count + 1)
    ]
    base = PRINT_STYLES.as_uri() + "/"
    return lambda number: weasyprint.HTML(string=pages[number], base_url=base).write_pdf()


def ours(count: int) -> Callable[[int], object]:
    from reporting.pdf.convention import render_convention

    return lambda number: render_convention(content=content(number), created=WHEN, mark=mark(number))


def seals(count: int) -> Callable[[int], object]:
    from reporting.pdf.convention import render_convention
    from reporting.seal.pdf import seal

    base = render_convention(content=content(0), created=WHEN, mark=mark(0))
    return lambda number: seal(base)


def verifies(count: int) -> Callable[[int], object]:
    from reporting.pdf.convention import render_convention
    from reporting.seal.pdf import empty_fields, seal, sign_field, verify

    signed = seal(render_convention(content=content(0), created=WHEN, mark=mark(0)))
    for field in empty_fields(signed):
        signed = sign_field(signed, field=field)
    if not verify(signed).untouched:
        raise SystemExit("the signed file does not verify")
    return lambda number: verify(signed)


def docx(count: int) -> Callable[[int], object]:
    from reporting.docx import convention_docx

    return lambda number: convention_docx(content=content(number), moment=WHEN)


def pool(count: int, *, workers: int) -> float:
    """From the first document on: starting the processes costs two seconds whatever the batch."""
    from reporting.pdf.pool import Order, render_all

    orders = (Order(str(n), content(n), WHEN, mark(n)) for n in range(count + 2 * workers))
    with contextlib.closing(render_all(orders, workers=workers)) as rendering:
        for _ in range(2 * workers):
            next(rendering)
        started = time.perf_counter()
        for _ in range(count):
            next(rendering)
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
