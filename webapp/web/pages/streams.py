"""The live stream of row changes, and the same events for pages that cannot stream."""

import re

import redis
from flask import Blueprint, Response, current_app, g, jsonify, request
from flask_babel import gettext as _

from webapp.platform import live
from webapp.platform.errors import Refusal
from webapp.platform.queue import redis_of_app
from webapp.staff.access import allow, unattended
from webapp.web.navigation import menu_counts

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
    """The stream lives for hours, and outside this request: it holds no database connection, and
    the hub looks again and again whether the session still stands."""
    if request.method == "HEAD":
        return Response(mimetype=EVENT_STREAM)
    hub: live.Hub = current_app.extensions["live"]
    cursor = _cursor()
    try:
        role = str(g.identity.role)
        seat = hub.subscribe(g.identity.user.id, g.user_session.id_hash, role)
        try:
            seat.replay = _replay(cursor) if cursor else []
        except BaseException:
            seat.close()
            raise
    except live.Full:
        raise Busy(
            _("Too many pages are open; this one updates every few seconds instead.")
        ) from None
    except (live.Away, redis.RedisError):
        raise Busy(_("Live updates are away for a moment.")) from None
    # Passed through as it is, to a server that awaits what it sends.
    response = Response(seat, mimetype=EVENT_STREAM, direct_passthrough=True)
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _replay(cursor: str) -> list[bytes]:
    missed = live.since(redis_of_app(), cursor)
    if missed is None:
        return [live.RESET]
    newest, rows = missed
    return [live.row_text(newest, row) for row in rows]


@bp.get("/events/poll")
@allow("clerk", "accountant")
@unattended
def poll():
    """`{cursor, events, reset}`: what changed after ?since=, for pages without a stream; with
    `counts`, the menu's, if anything did."""
    try:
        missed = live.since(redis_of_app(), _cursor())
    except redis.RedisError:
        # Without Redis nobody knows what changed: the page fetches again what it shows.
        return jsonify(cursor="", events=[], reset=True)
    if missed is None:
        return jsonify(cursor="", events=[], reset=True)
    counts = menu_counts()[g.identity.role] if missed[1] else {}
    return jsonify(cursor=missed[0], events=missed[1], reset=False, counts=counts)
