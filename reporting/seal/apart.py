"""The signing library runs its own event loop, which Python refuses where one is already running."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def outside_any_loop(function: Callable[P, R]) -> Callable[P, R]:
    """``function`` as it is, or in a thread of its own when the caller's thread runs an event loop (an ASGI server)."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return function(*args, **kwargs)
        with ThreadPoolExecutor(max_workers=1) as pool:
            context = copy_context()
            return pool.submit(lambda: context.run(function, *args, **kwargs)).result()

    return run
