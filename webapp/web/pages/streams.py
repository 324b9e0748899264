"""The live stream of row changes, and the same events for pages that cannot stream."""

import json
import re
from contextlib import ExitStack

import redis
from flask import Blueprint, Response, current_app, g, jsonify, request
from flask_babel import gettext as _

from webapp.platform import live
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.platform.queue import redis_of_app
from webapp.staff.access import allow, session_lives, unattended

bp = Blueprint("streams", __name__)
EVENT_STREAM = "text/event-stream"
# An entry's id in the Redis stream: milliseconds and a number.
_CURSOR = re.compile(r"[0-9]{1,20}-[0-9]{1,20}", re.ASCII)


class Busy(Refusal):
    status = 503


def _cursor() -> str:
    """Where the page stands: the browser's own header after a break, or what the page says."""
    written = request.headers.get("Last-Event-ID") or request.args.get("since", "")
    return written if _CURSOR.fullmatch(written) else ""


@bp.get("/events")
@allow("clerk", "accountant")
@unattended
def events():
    if request.method == "HEAD":
        return Response(mimetype=EVENT_STREAM)
    # The stream lives for hours; its request must not hold a database connection meanwhile. Who
    # asks is therefore looked up again at each heartbeat.
    app_context, id_hash = current_app.app_context, g.user_session.id_hash
    db.session.remove()
    hub: live.Hub = current_app.extensions["live"]
    cursor = _cursor()

    def still_open() -> bool:
        with app_context():
            return session_lives(id_hash)

    # Whatever goes wrong before the answer is closed, and however it is, gives the seat back.
    with ExitStack() as seat:
        try:
            inbox = hub.subscribe()
            seat.callback(hub.leave, inbox)
            replay = _replay(cursor) if cursor else []
        except live.Full:
            raise Busy(
                _("Too many pages are open; this one updates every few seconds instead.")
            ) from None
        except (live.Away, redis.RedisError):
            raise Busy(_("Live updates are away for a moment.")) from None
        response = Response(live.frames(inbox, replay, still_open), mimetype=EVENT_STREAM)
        response.headers["X-Accel-Buffering"] = "no"
        response.call_on_close(seat.pop_all().close)
        return response


def _replay(cursor: str) -> list[str]:
    missed = live.since(redis_of_app(), cursor)
    if missed is None:
        return ["event: reset\ndata: {}\n\n"]
    newest, rows = missed
    return [f"id: {newest}\nevent: row\ndata: {json.dumps(row)}\n\n" for row in rows]


@bp.get("/events/poll")
@allow("clerk", "accountant")
@unattended
def poll():
    """`{cursor, events, reset}`: what changed after ?since=, for pages without a stream."""
    try:
        missed = live.since(redis_of_app(), _cursor())
    except redis.RedisError:
        # Without Redis nobody knows what changed: the page fetches again what it shows.
        return jsonify(cursor="", events=[], reset=True)
    if missed is None:
        return jsonify(cursor="", events=[], reset=True)
    return jsonify(cursor=missed[0], events=missed[1], reset=False)
