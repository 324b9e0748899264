"""Where payment providers send their notices. They have no session and no token of ours: each is
known by its own secret."""

from collections.abc import Callable
from functools import wraps

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from webapp.payments.noticing import NoNotice, take_mercado_pago_notice, take_pix_notice
from webapp.payments.providers import LONGEST_BODY, SignedNotice
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.staff.access import anyone
from webapp.web.api import problem

# As a call of the API is, it is no form of a page.
bp = Blueprint("payment_hooks_api", __name__)


def _answers(take: Callable[..., None]) -> Callable[..., ResponseReturnValue]:
    """A program reads it: what is refused is told in words, as JSON."""

    @wraps(take)
    def view(**values: str) -> Response:
        try:
            take(**values)
        except Refusal as refusal:
            db.session.rollback()
            return problem(refusal)
        return Response(status=200)

    return view


def _body() -> bytes:
    """Whether or not its length is told beforehand. Raises NoNotice."""
    request.max_content_length = LONGEST_BODY
    try:
        return request.get_data()
    except RequestEntityTooLarge:
        raise NoNotice(_("It is longer than any notice.")) from None


@bp.post("/notices/pix/<secret>")
@bp.post("/notices/pix/<secret>/pix")
@anyone
@_answers
def pix(secret: str) -> None:
    """Some PSPs put /pix behind the address that they were told."""
    take_pix_notice(secret, _body())


@bp.post("/notices/mercado-pago")
@anyone
@_answers
def mercado_pago() -> None:
    signed = SignedNotice(
        request.args.get("data.id", "") or request.args.get("id", ""),
        request.headers.get("x-request-id", ""),
        request.headers.get("x-signature", ""),
    )
    take_mercado_pago_notice(signed, _body())
