"""The web process, however it is started: bin/run, Procfile or container.

One process loads the application; those that answer are forked from it and share what it loaded.
"""

import gc
import resource
from pathlib import Path

from webapp.platform.settings import Settings

_settings = Settings.from_env()
_OPEN_FILES = 20_000  # of one process: silent connections and live streams are cheap

bind = f"{'[' + _settings.host + ']' if ':' in _settings.host else _settings.host}:{_settings.port}"
workers = _settings.web_workers
worker_class = "webapp.serving.worker.Worker"
preload_app = True
graceful_timeout = 5  # seconds; less than bin/run waits
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
control_socket_disable = True
loglevel = "warning"


def on_starting(server):
    low, high = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _OPEN_FILES if high == resource.RLIM_INFINITY else min(_OPEN_FILES, high)
    if low < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, high))


def when_ready(server):
    """What was loaded lives as long as the processes do: it is kept out of the garbage collector's
    rounds, which would also write to what they share."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def post_worker_init(worker):
    """Requests do not wait for Redis to hear of them."""
    worker.wsgi.extensions["notifier"].in_background = True
