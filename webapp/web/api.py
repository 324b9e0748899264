"""The JSON side under /api/v1: strict reading, problem+json refusals, and its own description
(OpenAPI)."""

import json
import math
from functools import wraps

from flask import Blueprint, Response, g, jsonify, request
from flask_babel import gettext as _

from webapp.http.forms import Shape, parse
from webapp.http.lists import Page, paginate
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.staff.access import allow

LIST_ARGS = {"limit", "cursor"}


def api_blueprint(name: str) -> Blueprint:
    return Blueprint(f"{name}_api", __name__, url_prefix="/api/v1")


def endpoint(
    blueprint: Blueprint,
    method: str,
    path: str,
    *roles: str,
    body: type[Shape] | None = None,
    query: tuple[str, ...] = (),
    headers: tuple[str, ...] = (),
    status: int = 200,
    summary: str = "",
):
    """Declares one call: who may make it, the shape of its body, the query parameters and headers
    it knows.

    The view gets the body as its first argument and answers a dict, `(dict, status)` or a Response.
    """

    def register(view):
        @wraps(view)
        def call(**kwargs):
            unknown = set(request.args) - set(query)
            if unknown:
                raise Invalid(
                    [
                        FieldError(name, _("There is no parameter of this name."))
                        for name in sorted(unknown)
                    ]
                )
            answer = view(parse(body, read_json()), **kwargs) if body else view(**kwargs)
            if isinstance(answer, Response):
                return answer
            data, code = answer if isinstance(answer, tuple) else (answer, status)
            return ("", code) if data is None else (jsonify(data), code)

        allow(*roles)(call)
        call.described = {
            "method": method,
            "path": path,
            "body": body,
            "query": query,
            "headers": headers,
            "status": status,
            "summary": summary or (view.__doc__ or "").strip().split("\n")[0],
            "roles": roles,
        }
        blueprint.add_url_rule(path, view.__name__, call, methods=[method])
        return view

    return register


def _no_constant(name):
    raise ValueError(name)


def _finite(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise ValueError(written)
    return number


def _told_once(pairs: list[tuple[str, object]]) -> dict:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Invalid([FieldError("", _("An object of the body says the same name twice."))])
    return found


def read_json() -> dict:
    """The body as JSON. `NaN` and `Infinity` are not JSON, nor is a number that only they could
    keep; names that come twice and nesting that exhausts the parser are refused too."""
    try:
        return json.loads(
            request.get_data(),
            parse_constant=_no_constant,
            parse_float=_finite,
            object_pairs_hook=_told_once,
        )
    except (ValueError, RecursionError):
        raise Invalid(
            [FieldError("", _("The body is not valid JSON."))], _("The body is not valid JSON.")
        ) from None


def list_answer(query, keys, show, descending: bool = True) -> dict:
    """`{"items": […], "next_cursor": …}` for ?limit= (1 to 200, 50 by default) and ?cursor=."""
    written = request.args.get("limit", "50")
    if not (written.isascii() and written.isdigit() and 1 <= int(written[:6]) <= 200):
        raise Invalid([FieldError("limit", _("Use a whole number from 1 to 200."))])
    page: Page = paginate(
        query, keys, after=request.args.get("cursor"), limit=int(written), descending=descending
    )
    return {"items": [show(row) for row in page.items], "next_cursor": page.next_cursor}


def problem(refusal: Refusal) -> Response:
    data = {
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
