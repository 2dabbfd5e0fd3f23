"""Logs for machines: one JSON object per line, tied together by a request id, without personal data.

Nothing that people typed goes in: paths lose their query and whatever looks like a secret or an address, exceptions
keep their type and their place in the code but not their message (a database error quotes the row it refuses).
"""

from __future__ import annotations

import json
import logging
import re
import traceback
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

#: Set by the middleware for the time of a request; "" outside of any.
request_id: ContextVar[str] = ContextVar("request_id", default="")

#: Attributes of a record that are written beside the usual ones when given as ``extra``.
FIELDS = ("method", "path", "status", "duration_ms", "user_id", "territory")
SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
EMAIL = re.compile(r"[^\s@<>\"'(),;:=]+@[^\s@<>\"'(),;:]+")
SECRET_ARGUMENTS = {"token", "key", "uidb64", "uidb36", "code", "signature"}
LONGEST_SEGMENT = 40  # characters; a uuid has 36
MASK = "***"


def new_request_id(given: str | None) -> str:
    """The id the proxy gave when it is made of letters, digits, dots and dashes (64 at most), else a new one."""
    return given if given and SANE_ID.fullmatch(given) else uuid.uuid4().hex


def safe_path(path: str, arguments: dict[str, Any] | None = None) -> str:
    """The path without what may identify a person or open a door; ``arguments`` are those its URL was matched with."""
    secrets = {str(value) for name, value in (arguments or {}).items() if name in SECRET_ARGUMENTS}
    return "/".join(_segment(segment, secrets) for segment in path.split("/"))


def path_of(request: HttpRequest) -> str:
    """:func:`safe_path` of a request."""
    matched = request.resolver_match
    return safe_path(request.path, matched.kwargs if matched else None)


def _segment(segment: str, secrets: set[str]) -> str:
    hidden = segment in secrets or "@" in segment or len(segment) > LONGEST_SEGMENT
    return MASK if segment and hidden else segment


class RequestIdFilter(logging.Filter):
    """Gives every record the id of the request during which it was written."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class JsonFormatter(logging.Formatter):
    """One line of JSON. Times are UTC, durations milliseconds."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": EMAIL.sub(MASK, self.message_of(record)),
        }
        if found := getattr(record, "request_id", ""):
            line["request_id"] = found
        line |= {name: getattr(record, name) for name in FIELDS if getattr(record, name, None) is not None}
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = describe(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)

    def message_of(self, record: logging.LogRecord) -> str:
        """The text of the record; only its template when it quotes an exception, whose words may be anybody's data."""
        arguments = record.args.values() if isinstance(record.args, dict) else record.args or ()
        if isinstance(record.msg, BaseException):
            return type(record.msg).__name__
        if any(isinstance(argument, BaseException) for argument in arguments):
            return str(record.msg)
        message = record.getMessage()
        # Django's own records about a request quote its whole path.
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest):
            message = message.replace(request.path, path_of(request))
        return message


def describe(error: BaseException) -> list[dict[str, Any]]:
    """The exception and its causes, the one raised last first: type, place in the code, no message."""
    chain: list[dict[str, Any]] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = traceback.extract_tb(current.__traceback__)
        entry: dict[str, Any] = {
            "type": f"{type(current).__module__}.{type(current).__qualname__}",
            "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        }
        diagnosis = getattr(current, "diag", None)  # psycopg: names of our own schema, no value
        for name in ("sqlstate", "table_name", "constraint_name"):
            if value := getattr(diagnosis, name, None):
                entry[name] = value
        chain.append(entry)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return chain
