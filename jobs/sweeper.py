"""The sweeper process: `python -m jobs.sweeper`. One is enough; two do no harm."""

import logging
import signal
import threading

from webapp import create_app
from webapp.alerts.looking import Lookout
from webapp.audit.tracking import acting_as
from webapp.monitor.history import keep_history
from webapp.platform.database import db
from webapp.platform.sparing import sparing
from webapp.platform.storage import fault_of
from webapp.processing.sweeping import sweep_once

PAUSE_SECONDS = 1
log = logging.getLogger(__name__)


def main() -> None:
    app = create_app()
    stop, lookout = threading.Event(), Lookout()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.wait(PAUSE_SECONDS):
        with app.app_context(), acting_as("sweeper"):
            try:
                sweep_once()
                keep_history()
                lookout.look_when_due()
            except Exception as error:
                # The database may be away or full for a while; the next pass looks again.
                fault = fault_of(error)
                if sparing.lets_through(f"pass {fault}"):
                    log.error(
                        "pass failed (%s); the next one looks again",
                        fault or type(error).__name__,
                        exc_info=None if fault else error,
                    )
                db.session.rollback()


if __name__ == "__main__":
    main()
