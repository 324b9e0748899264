"""The JSON side under /api/v1: strict reading, problem+json refusals, and the declaration of each
call, of which the API's document is made (`web.openapi`)."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from types import MappingProxyType
from typing import Any, TypeVar

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from webapp.http.answers import OutShape
from webapp.http.filters import ListQuery
from webapp.http.forms import Shape, parse
from webapp.http.lists import paginate
from webapp.http.uploads import takes_file
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.staff.access import allow
from webapp.staff.models import Role

Row = TypeVar("Row")
View = Callable[..., Any]
# By status: what it means, as text in the reader's language.
Meanings = Mapping[int, object]
NO_MEANINGS: Meanings = MappingProxyType({})


@dataclass(frozen=True)
class Header:
    name: str
    longest: int
    meaning: object


@dataclass(frozen=True)
class Download:
    """An answer that is a file."""

    media_type: str
    meaning: object


@dataclass(frozen=True)
class Call:
    """What one call takes and answers, as `endpoint` declares it."""

    method: str
    path: str
    roles: tuple[Role, ...]
    summary: object
    body: type[Shape] | None
    # The name of the file that is sent beside the body, as a form: "" where the body is JSON.
    file: str
    query: type[Shape] | None
    headers: tuple[Header, ...]
    answer: type[OutShape] | Download | None
    status: int
    also: Meanings
    refusals: Meanings


LONGEST_KEY = 200
IDEMPOTENCY_KEY = Header(
    "Idempotency-Key",
    LONGEST_KEY,
    _l(
        "A text of your own: however often it comes with the same body and token, the call is done "
        "once, and answered with what it made as that stands now. With another body it is refused "
        "(409). It does not expire."
    ),
)


def api_blueprint(name: str) -> Blueprint:
    return Blueprint(f"{name}_api", __name__, url_prefix="/api/v1")


def endpoint(
    blueprint: Blueprint,
    method: str,
    path: str,
    *roles: str,
    summary: object,
    body: type[Shape] | None = None,
    file: str = "",
    query: type[Shape] | None = None,
    headers: tuple[Header, ...] = (),
    answer: type[OutShape] | Download | None = None,
    status: int = 200,
    also: Meanings = NO_MEANINGS,
    refusals: Meanings = NO_MEANINGS,
) -> Callable[[View], View]:
    """Declares one call: who may make it, what it takes (body, query, headers) and what it answers.
    With a `file` the body is sent as a form beside it.

    `answer` comes with `status` and with those in `also`; None is an empty answer. `refusals` are
    the statuses of its problems, beside those that every call has (see `web.openapi`).

    The view gets the parsed body and the parsed query, where they are declared, and answers a dict
    of the answer's shape, `(dict, status)` or a Response.
    """

    def register(view: View) -> View:
        def respond(**values: Any) -> ResponseReturnValue:
            return _response(view(*_read(body, file, query), **values), status)

        declared: Any = allow(*roles)(wraps(view)(respond))
        declared.call = Call(
            method,
            path,
            tuple(role for role in Role if role in declared.allowed),
            summary,
            body,
            file,
            query,
            headers,
            answer,
            status,
            also,
            refusals,
        )
        if file:
            takes_file(declared)
        blueprint.add_url_rule(path, view.__name__, declared, methods=[method])
        return view

    return register


def _read(body: type[Shape] | None, file: str, query: type[Shape] | None) -> list[Shape]:
    """What the view takes. Raises Invalid."""
    asked = _read_query(query)
    told = request.form.to_dict() if file else body and _read_body(body)
    read = [parse(body, told)] if body else []
    return [*read, asked] if asked else read


def _read_body(shape: type[Shape]) -> Any:
    """What may say nothing may be left out."""
    needs_some = any(field.is_required() for field in shape.model_fields.values())
    return read_json() if needs_some or request.get_data() else {}


def _read_query(shape: type[Shape] | None) -> Shape | None:
    """A filter that is left empty is one that was left out."""
    known = shape.model_fields if shape else {}
    fields = {field.alias or name: field for name, field in known.items()}
    unknown = [
        FieldError(name, _("There is no parameter of this name."))
        for name in sorted(set(request.args) - set(fields))
    ]
    if unknown:
        raise Invalid(unknown)
    if shape is None:
        return None
    written = request.args.to_dict()
    return parse(
        shape,
        {
            name: value
            for name, value in written.items()
            if value or fields[name].default is not None
        },
    )


def _response(answered: Any, usual: int) -> ResponseReturnValue:
    if isinstance(answered, Response):
        return answered
    data, status = answered if isinstance(answered, tuple) else (answered, usual)
    return ("", status) if data is None else (jsonify(data), status)


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _finite(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise ValueError(written)
    return number


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Invalid([FieldError("", _("An object of the body says the same name twice."))])
    return found


def read_json() -> Any:
    """The body as JSON. `NaN` and `Infinity` are not JSON, nor is a number that only they could
    keep; names that come twice and nesting that exhausts the parser are refused too."""
    try:
        return json.loads(
            request.get_data(),
            parse_constant=_no_constant,
            parse_float=_finite,
            object_pairs_hook=_without_twins,
        )
    except (ValueError, RecursionError):
        raise Invalid(
            [FieldError("", _("The body is not valid JSON."))], _("The body is not valid JSON.")
        ) from None


def idempotency_key() -> str:
    """The call's Idempotency-Key, "" without one. Raises Invalid."""
    key = request.headers.get(IDEMPOTENCY_KEY.name, "").strip()
    if len(key) > LONGEST_KEY:
        message = _("At most %(max_length)s characters.", max_length=LONGEST_KEY)
        raise Invalid([FieldError(IDEMPOTENCY_KEY.name, message)])
    return key


def list_answer(
    asked: ListQuery,
    query: Select[tuple[Row]],
    keys: tuple[Any, ...],
    show: Callable[[Row], object],
    ahead: Callable[[list[Row]], None] | None = None,
    descending: bool = True,
) -> dict[str, Any]:
    """The page of `query` that was asked for, each row as `show` makes it: see `list_of`. `ahead`
    reads what they show beside, for all of them at once."""
    page = paginate(query, keys, after=asked.cursor, limit=asked.limit, descending=descending)
    if ahead:
        ahead(page.items)
    return {"items": [show(row) for row in page.items], "next_cursor": page.next_cursor}


def problem(refusal: Refusal) -> Response:
    data: dict[str, object] = {
        "type": "about:blank",
        "title": str(refusal.title),
        "status": refusal.status,
        "detail": str(refusal),
    }
    if refusal.errors:
        data["errors"] = [
            {"field": error.field, "message": str(error.message)} for error in refusal.errors
        ]
    response = Response(
        json.dumps(data, ensure_ascii=False), refusal.status, mimetype="application/problem+json"
    )
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def identity_scope() -> str:
    return g.identity.scope
