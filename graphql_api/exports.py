"""How do all deals of a filter leave at once? As a file that is never in memory, equal to one position of the log."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import ClassVar, Final, Protocol

import msgspec
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Send
from starlette.types import Scope as RequestScope

from domain.canonical import time_text
from domain.errors import (
    DatabaseUnavailableError,
    QueryTooLongError,
    ReadModelsBehindError,
    UnknownPositionError,
    WattbookError,
)
from graphql_api.context import OperationContext
from graphql_api.errors import ForbiddenError, LimitExceededError, RefusedError, UnauthenticatedError, error_fields
from graphql_api.export_request import read_parameters
from graphql_api.http import check_origin
from graphql_api.ports import Store
from graphql_api.services import Services
from graphql_api.viewer import development_viewer
from projections.deals import DealRow
from projections.reading import DealFilter, DealOrder, Page, Scope

PAGE: Final = 1_000
"""Rows that are read at once: few enough that other answers do not wait for them."""

AT_ONCE: Final = 2
"""Exports that read at the same moment; others wait for a page's turn, and dashboards never for an export."""

OPEN_AT_ONCE: Final = 8
"""Exports that are under way at the same moment, each with a row group in memory; more are asked to come again."""

AGAIN_AFTER_S: Final = 10
"""When a client that found no place may ask again."""

PATIENCE_S: Final = 60.0
"""How long a client may take for one part; then its place is given to others."""

POSITION_HEADER: Final = "x-wattbook-position"
RECORDED_AT_HEADER: Final = "x-wattbook-recorded-at"
"""When that position was recorded; left out before the first event."""

_UPWARDS: Final = DealOrder("position", descending=False)
_STATUS: Final[tuple[tuple[type[WattbookError], int], ...]] = (
    (LimitExceededError, 503),
    (UnauthenticatedError, 401),
    (ForbiddenError, 403),
    (RefusedError, 400),
    (UnknownPositionError, 400),
    (QueryTooLongError, 400),
    (ReadModelsBehindError, 503),
    (DatabaseUnavailableError, 503),
)

log = logging.getLogger(__name__)


class Format(Protocol):
    """Turns deals into the bytes of a file, page by page."""

    ending: ClassVar[str]
    media_type: ClassVar[str]

    def write(self, rows: Sequence[DealRow]) -> bytes:
        """Return what *rows* add to the file, as far as it is ready."""

    def end(self) -> bytes:
        """Return the rest of the file."""


MakeFormat = Callable[[int], Format]
"""Begins a file of the deals that stand as of a position."""


class Places:
    """The places of exports that may be under way at the same moment, whatever their format."""

    def __init__(self, number: int = OPEN_AT_ONCE) -> None:
        self._number = number
        self._taken = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take a place until the end of the block; raise :class:`LimitExceededError` where none is free."""
        if self._taken == self._number:
            raise LimitExceededError(
                f"{self._number} exports are under way, and so many at once there may be: ask again in a moment"
            )
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1


class DealExport:
    """The endpoint for one format. What can be refused is refused before the first byte."""

    def __init__(self, services: Services, form: MakeFormat, turns: asyncio.Semaphore, places: Places) -> None:
        self._services = services
        self._form = form
        self._turns = turns
        self._places = places

    async def __call__(self, request: Request) -> Response:
        """Answer one request with a file."""
        with ExitStack() as place:
            try:
                check_origin(request.headers.get("origin"), request.headers.get("host", ""))
                viewer = development_viewer(request.headers, request.cookies)
                wanted, moment = read_parameters(request.query_params.multi_items())
                place.enter_context(self._places.one())
                async with OperationContext(self._services, viewer, None) as context:
                    snapshot, position = await context.as_of(moment)
                    known = await snapshot.knowledge(position)
                pages = deal_pages(self._services.store, viewer.scope, wanted, position, self._turns)
                first = await anext(pages)
                form = await asyncio.to_thread(self._form, position)
            except Exception as error:
                return self._refused(error)
            content = _nothing() if request.method == "HEAD" else file_of(form, first, pages)
            headers = {
                "content-disposition": f'attachment; filename="deals-at-{position}.{form.ending}"',
                "cache-control": "no-store",
                POSITION_HEADER: str(position),
            }
            if known.recorded_at is not None:
                headers[RECORDED_AT_HEADER] = time_text(known.recorded_at)
            return _Leaving(content, form.media_type, headers, place.pop_all())

    def _refused(self, error: Exception) -> Response:
        status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
        headers = {"retry-after": str(AGAIN_AFTER_S)} if status == 503 else None
        shown = error_fields([GraphQLError(str(error), original_error=error)], self._services.new_id())
        return Response(msgspec.json.encode({"errors": shown}), status, headers, media_type="application/json")


class _Leaving(StreamingResponse):
    """A file on its way to a client that takes it, part by part; its place is free again at the end of either."""

    def __init__(
        self, content: AsyncIterator[bytes], media_type: str, headers: dict[str, str], place: ExitStack
    ) -> None:
        super().__init__(content, media_type=media_type, headers=headers)
        self._place = place

    async def __call__(self, scope: RequestScope, receive: Receive, send: Send) -> None:
        with self._place:
            await super().__call__(scope, receive, send)

    async def stream_response(self, send: Send) -> None:
        async def in_time(message: Message) -> None:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await send(message)
            except TimeoutError:
                log.warning("an export of deals was cut off: its client took nothing for %g s", PATIENCE_S)
                raise

        await super().stream_response(in_time)


async def deal_pages(
    store: Store, scope: Scope, wanted: DealFilter, position: int, turns: asyncio.Semaphore
) -> AsyncIterator[Sequence[DealRow]]:
    """Yield the deals that stand as of *position*, in log order; at least one page, be it empty.

    Each page has a snapshot of its own, so nothing is held while a reader is slow: what stands as
    of a position that is projected never changes. Raises :class:`ReadModelsBehindError` where the
    read models have been set back meanwhile.
    """
    page = Page(PAGE)
    while True:
        async with turns, store.snapshot() as snapshot:
            if snapshot.projected < position:
                raise ReadModelsBehindError(
                    f"the read models are made again, and have come to position {snapshot.projected}: "
                    f"ask for position {position} again when they have reached it"
                )
            found = await snapshot.deals(scope, wanted, _UPWARDS, page, position)
        yield found.rows
        if not found.more:
            return
        page = Page(PAGE, after=(found.rows[-1].position,))


async def file_of(
    form: Format, first: Sequence[DealRow], others: AsyncIterator[Sequence[DealRow]]
) -> AsyncIterator[bytes]:
    """Yield the bytes of a file; where its end cannot be read the answer is cut off, so nobody takes it for whole."""
    try:
        yield await asyncio.to_thread(form.write, first)
        async for rows in others:
            if part := await asyncio.to_thread(form.write, rows):
                yield part
        yield await asyncio.to_thread(form.end)
    except WattbookError as error:
        log.warning("an export of deals was cut off: %s", error)
        raise


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield
