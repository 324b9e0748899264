"""The worker class of gunicorn.conf.py: gunicorn keeps the processes, uvicorn their connections."""

import logging
import os
import sys
from typing import Any, ClassVar

# Every page that tells what leaves today needs it: read once, and shared by all that are forked.
import holidays.countries.brazil  # noqa: F401
from flask import Flask
from gunicorn.arbiter import Arbiter
from uvicorn_worker import UvicornWorker

from webapp.serving.bridge import Bridge
from webapp.serving.connections import Connection, StreamEndingServer
from webapp.web.security import standing_headers

# Of one process. Together they never ask for more connections than the database's pool has.
THREADS = 32
GRACE_SECONDS = 4


class Worker(UvicornWorker):
    """Serves the WSGI application of `gunicorn wsgi:app`. Who asks is whoever connects: proxies
    are the application's own setting."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": Connection,
        "ws": "none",
        "lifespan": "off",
        "interface": "asgi3",
        "proxy_headers": False,
        "server_header": False,
        "access_log": False,
        "timeout_graceful_shutdown": GRACE_SECONDS,
    }

    async def _serve(self) -> None:
        app, standing = self.wsgi, standing_of(self.wsgi)
        self.config.app = Bridge(app, THREADS, app.config["MAX_CONTENT_LENGTH"], standing)
        # What strangers send wrongly is not worth a line each.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        self.server = StreamEndingServer(self.config, app.extensions["live"].close, standing)
        self._install_sigquit_handler()
        await self.server.serve(sockets=self.sockets)
        if not self.server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)

    async def callback_notify(self) -> None:
        await super().callback_notify()
        # Whoever started it was killed: nobody else would end it.
        if os.getppid() != self.ppid:
            self.server.should_exit = True


def standing_of(app: Flask) -> list[tuple[bytes, bytes]]:
    """The headers of answers that are not the application's, such as to a request cut short."""
    headers = standing_headers(app.extensions["settings"])
    return [(name.encode(), value.encode()) for name, value in headers.items()]
