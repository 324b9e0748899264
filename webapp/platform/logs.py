"""Logs for people (text) or machines (json), one event a line, nothing personal in them."""

import io
import logging
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def set_up(form: str) -> None:
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(form))
    root = logging.getLogger()
    root.handlers = [kept for kept in root.handlers if type(kept) is not logging.StreamHandler] + [
        handler
    ]
    root.setLevel(logging.INFO)
    for chatty in ("rq.worker", "httpx", "httpcore", "alembic", "fontTools", "ofxtools"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def formatter(form: str) -> logging.Formatter:
    """Writes the events of every logger, ours and the libraries', as `text` or `json`."""
    last: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if form == "json"
        else [
            _escape,
            # Plain: the pretty one prints local variables, and with them what people typed.
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=_indented_traceback
            ),
        ]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )


def _escape(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """What others wrote neither ends a line nor moves the cursor, so that no line can be forged."""
    return {name: _visible(value) for name, value in event.items()}


def _visible(value: Any) -> Any:
    if not isinstance(value, str) or value.isprintable():
        return value
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in value
    )


def _indented_traceback(file: TextIO, exc_info: ExcInfo) -> None:
    """Each line begins with blanks, which no line of an event does; an error's message may hold any
    text."""
    written = io.StringIO()
    structlog.dev.plain_traceback(written, exc_info)
    for line in written.getvalue().split("\n"):
        print("   ", _visible(line.rstrip("\r")), file=file)
