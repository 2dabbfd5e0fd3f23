"""Berger-Levrault Magnus: a ZIP holding ``WTAMC001.txt``, one line of 125 quoted fields per titre.

Positions as published by software that feeds it (docs/titres.md). The layout says nothing of its character set nor of
reductions: the first is a setting, the second are left to the finance software.
"""

from __future__ import annotations

import datetime as dt
import io
import textwrap
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import IO

from funding.exports.pes.text import REPLACEMENTS

FILE = "WTAMC001.txt"
FIELDS = 125
LINE_END = "\n"


@dataclass(frozen=True)
class Line:
    """One titre, in plain data; texts are cut to the layout's widths when written. ``amount`` in euros."""

    key: str
    collectivity: str
    budget: str
    exercice: int
    third_party: str
    name: str
    address: tuple[str, str, str]
    postal_code: str
    city: str
    label: str
    proposed_on: dt.date
    account: str
    amount: Decimal
    operation: str = ""
    service: str = ""
    function: str = ""
    product: str = ""
    legal_nature: str = ""
    category: str = ""
    identifier: str = ""
    identifier_kind: str = ""
    court: str = ""
    edition: str = ""


def fields_of(line: Line) -> list[str]:
    """The 125 fields, first to last; what the layout leaves unsaid is empty."""
    name = [*textwrap.wrap(line.name, 50, break_on_hyphens=False), "", ""]
    values = {
        1: line.key,
        2: "T",
        3: "O",
        4: line.collectivity,
        5: line.budget,
        6: str(line.exercice),
        7: "M",  # the first, here the only, imputation of the entry
        8: line.third_party[:15],
        10: name[0],
        11: name[1],
        12: line.address[0][:50],
        13: line.address[1][:50],
        14: line.address[2][:50],
        15: line.postal_code,
        16: line.city[:50],
        18: line.label[:50],
        24: "R",  # a receipt
        25: f"{line.proposed_on:%d/%m/%Y}",
        26: line.account,
        27: line.operation,
        28: line.service,
        29: line.function,
        30: _amount(line.amount),
        31: _amount(Decimal(0)),
        32: "0",
        38: line.legal_nature,
        41: line.service,
        54: line.product[:4],
        68: line.court[:100],
        70: "N",
        71: "N",
        80: "N",
        84: "N",
        90: "19",
        91: line.category,
        92: line.legal_nature,
        94: line.identifier_kind if line.identifier else "",
        95: line.identifier,
        97: "0",
        98: "01",
        108: "O",
        109: "N",
        112: line.edition,
    }
    return [values.get(position, "") for position in range(1, FIELDS + 1)]


def text_of(lines: Iterable[Line], encoding: str) -> Iterator[bytes]:
    """The lines of ``WTAMC001.txt``, encoded: every field quoted, separated by ``;``, ended by LF, no header.

    What ``encoding`` cannot write is first written otherwise (« œ » as "oe"), then left out.
    """
    for line in lines:
        quoted = ";".join(f'"{_one_line(value)}"' for value in fields_of(line))
        yield (_carried(quoted, encoding) + LINE_END).encode(encoding)


def write_zip(stream: IO[bytes], lines: Iterable[Line], *, encoding: str, moment: dt.datetime) -> None:
    """The ZIP, dated ``moment``: the same lines and moment give the same bytes. Lines go through one at a time."""
    entry = zipfile.ZipInfo(FILE, date_time=moment.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    with zipfile.ZipFile(stream, "w") as archive, archive.open(entry, "w") as member:
        buffered = io.BufferedWriter(member, 1 << 16)  # type: ignore[arg-type]
        for encoded in text_of(lines, encoding):
            buffered.write(encoded)
        buffered.flush()
        buffered.detach()


def _amount(value: Decimal) -> str:
    return f"{value:.2f}"


def _one_line(value: str) -> str:
    """No field may end before its time: double quotes become single, controls and blanks one space."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in value).replace('"', "'").split())


def _carried(text: str, encoding: str) -> str:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_sign(sign, encoding) for sign in text)
    return text


def _sign(sign: str, encoding: str) -> str:
    for written in (sign, sign.translate(REPLACEMENTS)):
        try:
            written.encode(encoding)
        except UnicodeEncodeError:
            continue
        return written
    return ""
