"""Bases of the API's views."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import exceptions, serializers, viewsets
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

NO_MEMBERSHIP = "Votre compte n'est rattaché à aucune organisation. Adressez-vous à la personne qui gère le dispositif."
UUID_PATTERN = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class AnyAccept(BaseContentNegotiation):
    """For views that answer a file: whatever ``Accept`` says, the file; refusals stay JSON."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        return next(iter(parsers))

    def select_renderer(self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None) -> Any:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class Acting:
    """A view that knows who acts. Without an organisation to act for, nothing is answered."""

    request: Any
    #: What reading needs; writing is checked by the services.
    read_ability: str = ""

    @property
    def actor(self) -> Any:
        """What the tenancy middleware put on the request; None for an account without membership."""
        return getattr(getattr(self.request, "_request", None), "actor", None)

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)  # type: ignore[misc]
        if self.actor is None:
            raise exceptions.PermissionDenied(NO_MEMBERSHIP)
        if self.read_ability and request.method in SAFE_METHODS:
            self.actor.require(self.read_ability)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "actor": self.actor}  # type: ignore[misc]

    def checked(self, serializer_class: type[serializers.Serializer], **kwargs: Any) -> Any:
        """The request's body once validated by ``serializer_class``."""
        serializer = serializer_class(
            data=self.request.data,
            context=self.get_serializer_context(),
            **kwargs,
        )
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


class ReadViewSet(Acting, viewsets.ReadOnlyModelViewSet):
    """List and detail of what the caller may see, found by uuid. ``list_queryset`` adds what rows need."""

    lookup_field = "uuid"
    lookup_value_regex = UUID_PATTERN
    list_serializer_class: type[serializers.BaseSerializer] | None = None

    def get_queryset(self) -> Any:
        queryset: Any = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return queryset.none()
        return self.with_related(queryset.visible_to(self.actor))

    def with_related(self, queryset: Any) -> Any:
        """What the serializer of this action reads, fetched with the rows."""
        return queryset

    def get_serializer_class(self) -> Any:
        if self.action == "list" and self.list_serializer_class is not None:
            return self.list_serializer_class
        return super().get_serializer_class()

    def detail_of(self, instance: Any, status: int = 200) -> Response:
        """The detail of an object, read again after an act."""
        fresh = self.get_queryset().get(pk=instance.pk)
        serializer = self.serializer_class(fresh, context=self.get_serializer_context())  # type: ignore[misc]
        return Response(serializer.data, status=status)


def listed(items: Iterable[Any], serializer_class: type[serializers.BaseSerializer], view: Acting) -> Response:
    """A whole sub-resource, not paginated: a handful of lines that belong to one object."""
    return Response(serializer_class(items, many=True, context=view.get_serializer_context()).data)
