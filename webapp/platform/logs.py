"""Logs for people (text) or machines (json), one event a line, nothing personal in them."""

import logging
import sys

import structlog
from structlog.typing import Processor


def set_up(form: str) -> None:
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if form == "json"
        else [
            # Plain: the pretty one prints local variables, and with them what people typed.
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [kept for kept in root.handlers if type(kept) is not logging.StreamHandler] + [
        handler
    ]
    root.setLevel(logging.INFO)
    for chatty in ("rq.worker", "httpx", "httpcore", "alembic", "fontTools"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
