"""Headers that every answer carries, and how each kind of failure is shown: page, fragment or
problem+json."""

import json
import secrets
from urllib.parse import urlsplit

import structlog
from flask import Response, current_app, g, make_response
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError, generate_csrf
from htmx_flask import request
from werkzeug.exceptions import HTTPException

from webapp.http.handling import page_or_fragment, wants_fragment
from webapp.http.query import WrongFilter
from webapp.http.transactions import READING
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.platform.settings import Settings
from webapp.platform.storage import StorageFault
from webapp.staff import access
from webapp.staff.access import SignInNeeded, is_api
from webapp.web.api import problem

log = structlog.get_logger()
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src "
    "'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "object-src 'none'"
)
HTTP_TEXTS = {
    400: _l("The request could not be understood. Reload the page and try again."),
    404: _l("There is nothing at this address. It may have been deleted, or mistyped."),
    405: _l("This address does not take that kind of request."),
    413: _l("This is too large to be sent."),
    415: _l("This kind of content is not taken here."),
    429: _l("Too many attempts. Wait a few minutes and try again."),
    503: _l("The shop is very busy just now. Try again in a moment; nothing was lost."),
}
STORAGE_TEXTS = {
    StorageFault.FULL: _l(
        "The disk is full: this was not saved. Nothing that was saved before is lost. Try again "
        "once there is room."
    ),
    StorageFault.UNWRITABLE: _l(
        "The disk cannot be written: this was not saved. Nothing that was saved before is lost. "
        "Tell whoever looks after the machine."
    ),
    StorageFault.AWAY: _l(
        "The database does not answer just now. Try again in a moment; nothing was lost."
    ),
    StorageFault.BUSY: HTTP_TEXTS[503],
}
NOT_SENT = _l("Your session is over")
SENT_BACK = _l(
    "This was not saved yet: you had signed in again since the form was opened. Look over what "
    "stands below and send it once more."
)
DO_IT_AGAIN = _l(
    "You had signed in again since this page was opened. That is settled now; do it once more."
)
OPEN_AGAIN = _l(
    "You signed in again after this page was opened. Nothing was changed: open it again and do it "
    "once more."
)
CRASH_TEXT = _l(
    "Something went wrong on our side. Nothing was half saved; try again, and tell support if it "
    "comes back."
)


def standing_headers(settings: Settings) -> dict[str, str]:
    """What every answer carries, the web server's own too."""
    headers = {
        "Content-Security-Policy": CSP,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    if settings.secure:
        subdomains = "; includeSubDomains" if settings.hsts_subdomains else ""
        headers["Strict-Transport-Security"] = f"max-age=31536000{subdomains}"
    return headers


def set_up(app) -> None:
    settings = app.extensions["settings"]
    standing = standing_headers(settings)

    @app.before_request
    def ours() -> None:
        """A form that a browser sends from a page of another site is refused, whatever its
        token."""
        origin = request.headers.get("Origin")
        if origin and request.method not in READING and not is_api():
            if urlsplit(origin).netloc not in (request.host, urlsplit(settings.public_url).netloc):
                raise CSRFError("The origin is another site.")

    @app.after_request
    def headers(response: Response):
        for name, value in standing.items():
            response.headers.setdefault(name, value)
        response.headers.add("Vary", "HX-Request")
        return response


def refusal_answer(refusal: Refusal):
    if is_api():
        return problem(refusal)
    if isinstance(refusal, SignInNeeded):
        # The page that asked stays and offers to sign in again over it (static/js/session.js).
        return make_response("", 401)
    # A page of its own has no fields to mark: it tells what is wrong with each.
    text = " ".join(str(error.message) for error in refusal.errors) or str(refusal)
    unfiltered = request.path if isinstance(refusal, WrongFilter) else None
    return _page(refusal.status, refusal.title, text, unfiltered=unfiltered)


def http_answer(error: HTTPException) -> Response:
    if isinstance(error, CSRFError) and not is_api():
        return _not_sent()
    code = error.code or 500
    text = HTTP_TEXTS.get(code, _l("This request cannot be answered."))
    response = _answer(code, error.name, text)
    headers = dict(error.get_headers())
    for name in ("Allow", "Retry-After"):
        if name in headers:
            response.headers[name] = headers[name]
    return response


def _not_sent() -> Response:
    """A form whose token is of another session: it comes back with what was posted and a token that
    counts. Where no form is known, a page that is still open gets that token, and any other is told
    where to begin again."""
    db.session.rollback()
    access.note_refused("form_refused")
    page = _form_again()
    if page is not None:
        response = make_response(page, 422 if wants_fragment() else 400)
    elif wants_fragment():
        response = _page(400, None, str(DO_IT_AGAIN))
    else:
        response = _page(400, NOT_SENT, str(OPEN_AGAIN), back=access.page_before())
    if request.htmx:
        response.headers["HX-Trigger"] = json.dumps({"csrf-fresh": {"token": generate_csrf()}})
    return response


def _form_again() -> str | None:
    again = getattr(current_app.view_functions.get(request.endpoint or ""), "again", None)
    if again is None:
        return None
    try:
        return again(Refusal(SENT_BACK), **(request.view_args or {}))
    except Refusal:
        # What the form was about is gone, or not to be changed any more.
        db.session.rollback()
        return None


def crash_answer(fault: StorageFault | None) -> Response:
    if fault is not None:
        return _answer(503, "Service Unavailable", STORAGE_TEXTS[fault])
    return _answer(500, "Internal Server Error", CRASH_TEXT)


def _answer(code: int, title, text):
    if is_api():
        refusal = Refusal(text)
        refusal.status, refusal.title = code, title
        return problem(refusal)
    return _page(code, None, str(text))


def _page(code: int, title, text: str, **ways_on: str | None):
    answer = page_or_fragment(
        "errors/page.html",
        "errors/_fragment.html",
        code=code,
        title=title,
        text=text,
        number=_kept_number(code),
        **ways_on,
    )
    return make_response(answer, code)


def support_number() -> str:
    """What a person may tell support of this request; its line in the log bears it too."""
    if "support_number" not in g:
        drawn = secrets.token_hex(4).upper()
        g.support_number = f"{drawn[:4]}-{drawn[4:]}"
    return g.support_number


def _kept_number(code: int) -> str:
    """Empty for what is not worth a line: a stranger's addresses that do not exist, a form that is
    shown again, and a fault of the house, which has a line a minute."""
    if code in (422, 503) or (code == 404 and not g.get("identity")):
        return ""
    if code < 500:
        log.info(
            "refused",
            status=code,
            method=request.method,
            endpoint=request.endpoint,
            who=g.identity.scope if g.get("identity") else "nobody",
            support_number=support_number(),
        )
    return support_number()
