"""Rendering many conventions: in processes of their own, since layout holds the interpreter and threads gain nothing.

Workers know no database: they are given plain content and give back bytes. They are forked from one clean server
process that has imported WeasyPrint once; each is replaced after some hundreds of documents: memory does not creep.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.conf import settings

from reporting.seal.marks import PrintedMark

#: Documents a worker renders before it is replaced.
LIFETIME = 250
#: Documents handed over beyond those being rendered: enough never to wait, few enough to stop quickly.
AHEAD = 2


@dataclass(frozen=True)
class Order:
    """A document to render; ``key`` is the caller's name for it."""

    key: str
    content: dict[str, Any]
    created: datetime
    mark: PrintedMark | None = None


@dataclass(frozen=True)
class Rendered:
    """``data`` is None when it could not be rendered; ``problem`` says why, in French when it is for people."""

    key: str
    data: bytes | None
    problem: str = ""


def processes() -> int:
    """How many workers: the setting, else one per processor, four at most."""
    asked: int = settings.COSIGNE_PDF_PROCESSES
    return asked or min(4, os.cpu_count() or 1)


def render_all(orders: Iterable[Order], *, workers: int = 0) -> Generator[Rendered, None, None]:
    """Each document as soon as it is ready, in whatever order. ``orders`` is read as workers take them.

    Stopping to read (an exception of the caller, ``close``) stops the workers. Raises ``BrokenProcessPool`` when a
    worker is killed from outside.
    """
    count = workers or processes()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["reporting.pdf.worker"])
    source = iter(orders)
    with ProcessPoolExecutor(
        max_workers=count, mp_context=context, initializer=_prepare, max_tasks_per_child=LIFETIME
    ) as pool:
        try:
            yield from _rendered(pool, source, count + AHEAD)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _rendered(pool: ProcessPoolExecutor, source: Iterator[Order], window: int) -> Iterator[Rendered]:
    running: set[Future[Rendered]] = {pool.submit(_render, order) for order in islice(source, window)}
    while running:
        done, running = wait(running, return_when=FIRST_COMPLETED)
        running |= {pool.submit(_render, order) for order in islice(source, len(done))}
        for future in done:
            yield future.result()


def _prepare() -> None:
    """Once per worker: what is loaded is never looked at again by the garbage collector, which runs more rarely."""
    from reporting.pdf import worker  # noqa: F401  (sets Django up in a worker that was not preloaded)

    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 50)


def _render(order: Order) -> Rendered:
    from core.errors import BusinessError
    from reporting.pdf.convention import render_convention

    try:
        data = render_convention(content=order.content, created=order.created, mark=order.mark)
        return Rendered(order.key, data)
    except BusinessError as error:
        return Rendered(order.key, None, error.message)
