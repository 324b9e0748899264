"""The web process, however it is started: bin/run, Procfile or container."""

import gc
import signal
from pathlib import Path

from webapp.platform.settings import Settings

_settings = Settings.from_env()

bind = f"{'[' + _settings.host + ']' if ':' in _settings.host else _settings.host}:{_settings.port}"
workers = _settings.web_workers
worker_class = "gthread"
threads = 64  # half of them may be held by live streams
graceful_timeout = 5  # seconds; less than bin/run waits
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
control_socket_disable = True
loglevel = "warning"


def post_worker_init(worker):
    """Requests do not wait for Redis to hear of them. What lives as long as the process is kept out
    of the garbage collector's rounds. And a stopping worker ends its live streams at once: each
    would otherwise hold it for the whole graceful time."""
    worker.wsgi.extensions["notifier"].in_background = True
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    end = signal.getsignal(signal.SIGTERM)
    assert callable(end)

    def end_streams_first(number, frame):
        worker.wsgi.extensions["live"].close()
        end(number, frame)

    signal.signal(signal.SIGTERM, end_streams_first)
