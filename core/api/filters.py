"""Filters several apps' lists share."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms


class WholeNumberFilter(django_filters.NumberFilter):
    """A whole number between two bounds: beyond them, 400 rather than what the database would make of it."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, minimum: int, maximum: int, **kwargs: Any) -> None:
        super().__init__(*args, min_value=minimum, max_value=maximum, **kwargs)


class YearFilter(WholeNumberFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, minimum=1900, maximum=2100, **kwargs)
