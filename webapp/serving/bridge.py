"""The WSGI application under an asynchronous server, see docs/decisions/0006.

A thread of the pool is taken only while the application works: not while a request's body comes
in, nor while an answer waits for a slow reader. A body that is an asynchronous iterator, such as a
page's live stream, takes none at all.
"""

import asyncio
import contextvars
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import unquote_to_bytes

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
BODY_SECONDS = 30
# A file that is sent may be so long, and comes at this many bytes a second at least: each earns
# its sender time.
LONGEST_FILE, SLOWEST_FILE = 16 * 2**20, 32_768
# Where archives of many files are sent, each may be so long.
ARCHIVES, LONGEST_ARCHIVE = ("/imports", "/api/v1/imports"), 101 * 2**20
# What is asked of a long answer at once, and of how many such answers at a time: many downloads
# wait for each other, and no page for them.
PIECE = 65_536
LONG_ANSWERS = 2


class Bridge:
    """Serves `app`; a body longer than `longest`, or than a file may be, is not kept, and the
    application is left to say so. What is longer than `longest` lies on the disk. `headers` go with
    the answers that are not the application's."""

    def __init__(self, app: Any, threads: int, longest: int, headers: list[tuple[bytes, bytes]]):
        self.app, self.longest, self.headers = app, longest, headers
        self.requests = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self.pieces = ThreadPoolExecutor(LONG_ANSWERS, thread_name_prefix="piece")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        with SpooledTemporaryFile(self.longest) as body:
            await self._serve(scope, receive, send, body)

    async def _serve(self, scope: Message, receive: Receive, send: Send, body: IO[bytes]) -> None:
        try:
            async with asyncio.timeout(BODY_SECONDS) as limit:
                length = await self._read(scope, receive, body, limit)
        except TimeoutError:
            await self._cut(send, 408)
            return
        except ConnectionError:
            return
        except OSError:
            # There is no room for it.
            await self._cut(send, 507)
            return
        body.seek(0)
        answer = StepwiseAnswer(self.app, environ(scope, body, length))
        piece, more = await self._in_thread(self.requests, answer, answer.begin)
        await send(answer.start)
        if answer.streams:
            with closing(answer):
                await self._send_parts(aiter(answer.body), receive, send)
        elif more:
            await self._send_parts(self._pieces(answer, piece), receive, send)
        else:
            await send({"type": "http.response.body", "body": piece})

    async def _read(
        self, scope: Message, receive: Receive, body: IO[bytes], limit: asyncio.Timeout
    ) -> int:
        """Keeps the body, unless it is too long; its length. Raises ConnectionError."""
        most = _longest_file(scope) if _holds_file(scope) else self.longest
        length, more, begun = 0, True, asyncio.get_running_loop().time()
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionError
            length += len(message["body"])
            if length <= most:
                body.write(message["body"])
                limit.reschedule(begun + BODY_SECONDS + length / SLOWEST_FILE)
            more = message["more_body"]
        return length

    async def _cut(self, send: Send, status: int) -> None:
        headers = [*self.headers, (b"content-length", b"0"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body"})

    async def _in_thread(
        self, pool: ThreadPoolExecutor, answer: "StepwiseAnswer", step: Callable[[], Any]
    ) -> Any:
        # In one context all along, though not in one thread: an answer is made in what was set
        # when it began.
        return await asyncio.get_running_loop().run_in_executor(pool, answer.context.run, step)

    async def _pieces(self, answer: "StepwiseAnswer", piece: bytes) -> AsyncGenerator[bytes, None]:
        more = True
        try:
            while more:
                yield piece
                piece, more = await self._in_thread(self.pieces, answer, answer.next_piece)
            yield piece
        finally:
            await self._in_thread(self.pieces, answer, answer.close)

    async def _send_parts(
        self, parts: AsyncGenerator[bytes, None], receive: Receive, send: Send
    ) -> None:
        """Sends each as the reader takes it, until there are no more or the reader has gone."""
        gone = asyncio.ensure_future(receive())
        try:
            async with aclosing(parts):
                async for part in parts:
                    if gone.done():
                        return
                    await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body"})
        finally:
            gone.cancel()


class StepwiseAnswer:
    """One call of the WSGI application, taken step by step."""

    def __init__(self, app: Any, environ: dict[str, Any]):
        self.app, self.environ = app, environ
        self.context = contextvars.Context()
        self.start: Message = {}
        self.body: Any = ()
        self.streams = False
        self._parts: Iterator[bytes] = iter(())

    def begin(self) -> tuple[bytes, bool]:
        """Calls the application: the first of the answer, and whether there is more."""
        self.body = self.app(self.environ, self._start_response)
        if hasattr(self.body, "__aiter__"):
            self.streams = True
            return b"", True
        self._parts = iter(self.body)
        # Whose length is not known is made while it is sent; any other is there already.
        known = any(name.lower() == b"content-length" for name, _ in self.start["headers"])
        return self.next_piece(PIECE if known else 1)

    def next_piece(self, least: int = PIECE) -> tuple[bytes, bool]:
        """At least so many bytes, or all that is left; whether there may be more."""
        parts, size = [], 0
        try:
            for part in self._parts:
                parts.append(part)
                size += len(part)
                if size >= least:
                    return b"".join(parts), True
        except BaseException:
            self.close()
            raise
        self.close()
        return b"".join(parts), False

    def close(self) -> None:
        if close := getattr(self.body, "close", None):
            close()
        self.body = ()

    def _start_response(self, status: str, headers: list[tuple[str, str]], _error=None) -> None:
        written = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self.start = {"type": "http.response.start", "status": int(status[:3]), "headers": written}


def _holds_file(scope: Message) -> bool:
    return any(
        name == b"content-type" and value.startswith(b"multipart/form-data")
        for name, value in scope["headers"]
    )


def _longest_file(scope: Message) -> int:
    return LONGEST_ARCHIVE if scope["path"] in ARCHIVES else LONGEST_FILE


def environ(scope: Message, body: IO[bytes], length: int) -> dict[str, Any]:
    """What PEP 3333 tells an application of its request."""
    address, client = scope["server"] or ("", 0), scope["client"] or ("", 0)
    told = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": address[0],
        "SERVER_PORT": str(address[1] or 0),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        # A name with "_" could pass for another with "-", such as a proxy's.
        if b"_" in name:
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        told[key] = f"{told[key]},{text}" if key in told else text
    # Whatever pieces it came in, it is whole now.
    if told.pop("HTTP_TRANSFER_ENCODING", None):
        told["CONTENT_LENGTH"] = str(length)
    return told
