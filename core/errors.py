"""The errors a service raises for its callers: page, API, import and command each show them their own way."""

from __future__ import annotations


class BusinessError(Exception):
    """What was asked cannot be done as things stand. The message is French, says where and how to mend.

    ``place`` names the field or JSON path; ``status`` is the HTTP status an API answers with.
    """

    status = 409

    def __init__(self, message: str, *, place: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place


class InvalidInput(BusinessError):
    """What was given is not acceptable (HTTP 400)."""

    status = 400


class Conflict(BusinessError):
    """Somebody else changed the object first: nothing was written, read again and redo (HTTP 409)."""

    status = 409


class NotAllowed(BusinessError):
    """The role of the person does not include this act (HTTP 403)."""

    status = 403
