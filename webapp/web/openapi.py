"""The API's document (OpenAPI 3.1), made from the calls' own declarations, in the reader's
language."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _l
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from webapp.http.answers import OutShape
from webapp.platform.whole import MAX_ID
from webapp.web.api import Call, Download, Meanings

JsonObject = dict[str, Any]
PREFIX = "/api/v1"
PROBLEM_TYPE = "application/problem+json"
_SHAPES = "#/components/schemas/"
_PLACE = re.compile(r"<(?:(\w+):)?(\w+)>")
_EXAMPLES = {
    "sku": "LV-0001",
    "month": "2026-11",
    "cep": "01025-020",
    "cnpj": "27865757000102",
    "code": "goods",
    "listing": "products",
    "term": "pCBS",
    "series_number": "1",
    "queue": "mail",
}

# What every call may answer; a call's own meanings win.
ALWAYS: Meanings = {
    401: _l("There is no token, or it was revoked."),
    403: _l("The token's role does not open this call."),
    422: _l("Something that was sent is wrong; the errors name each field."),
    503: _l("The shop is very busy. Try again in a moment."),
}
WITH_A_BODY: Meanings = {413: _l("The body is too large.")}


class FieldProblem(OutShape):
    """`field` is the dotted path of what is to be mended."""

    field: str
    message: str


class Problem(OutShape):
    """A refusal in words (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


def calls_of(app: Flask) -> list[Call]:
    calls = (getattr(view, "call", None) for view in app.view_functions.values())
    found = {id(call): call for call in calls if call}
    return sorted(found.values(), key=lambda call: (call.path, call.method))


def path_of(call: Call) -> str:
    return PREFIX + _PLACE.sub(r"{\2}", call.path)


def meanings_of(call: Call) -> dict[int, object]:
    """What each refusal of the call means, by its status."""
    usual = {**ALWAYS, **WITH_A_BODY} if call.body else ALWAYS
    return dict(sorted({**usual, **call.refusals}.items()))


def document(calls: Iterable[Call]) -> JsonObject:
    calls = list(calls)
    schemas = _schemas(calls)
    paths: dict[str, JsonObject] = {}
    for call in calls:
        paths.setdefault(path_of(call), {})[call.method.lower()] = _operation(call, schemas)
    queries = {call.query.__name__ for call in calls if call.query}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Balcão", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": {name: shape for name, shape in schemas.items() if name not in queries},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _schemas(calls: list[Call]) -> dict[str, JsonObject]:
    shapes: set[type[BaseModel]] = {Problem}
    for call in calls:
        for shape in (call.body, call.query, call.answer):
            if isinstance(shape, type):
                shapes.add(shape)
    ordered = sorted(shapes, key=lambda shape: shape.__name__)
    _refs, schemas = models_json_schema(
        [(shape, "validation") for shape in ordered], ref_template=_SHAPES + "{model}"
    )
    found: dict[str, JsonObject] = schemas["$defs"]
    return found


def _operation(call: Call, schemas: dict[str, JsonObject]) -> JsonObject:
    operation: JsonObject = {
        "summary": str(call.summary),
        "parameters": [*_in_path(call), *_in_query(call, schemas), *_in_headers(call)],
        "responses": _answers(call) | _refusals(call),
        "security": [{"token": [str(role) for role in call.roles]}],
    }
    if call.body:
        operation["requestBody"] = {"required": True, "content": _sent(call, schemas)}
    return operation


def _sent(call: Call, schemas: dict[str, JsonObject]) -> JsonObject:
    """The body by its media type: JSON, or a form that also holds a file."""
    assert call.body
    if not call.file:
        return {"application/json": {"schema": _ref(call.body)}}
    shape = schemas[call.body.__name__]
    fields = shape["properties"] | {call.file: {"type": "string", "format": "binary"}}
    required = [*shape.get("required", []), call.file]
    form = shape | {"title": call.body.__name__, "properties": fields, "required": required}
    return {"multipart/form-data": {"schema": form}}


def _ref(shape: type[BaseModel]) -> JsonObject:
    return {"$ref": _SHAPES + shape.__name__}


def _in_path(call: Call) -> list[JsonObject]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(kind, name)}
        for kind, name in _PLACE.findall(call.path)
    ]


def _path_schema(kind: str, name: str) -> JsonObject:
    if kind == "id":
        return {"type": "integer", "minimum": 1, "maximum": MAX_ID}
    return {"type": "string", "minLength": 1, "examples": [_EXAMPLES[name]]}


def _in_query(call: Call, schemas: dict[str, JsonObject]) -> list[JsonObject]:
    if call.query is None:
        return []
    shape = schemas[call.query.__name__]
    required = shape.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(field)}
        for name, field in shape["properties"].items()
    ]


def _without_null(field: JsonObject) -> JsonObject:
    """A query has no null: what may be left out is left out."""
    left = {key: value for key, value in field.items() if key not in ("title", "anyOf")}
    kinds = [kind for kind in field.get("anyOf", []) if kind != {"type": "null"}]
    if left.get("default", "") in (None, ""):
        left.pop("default", None)
    if len(kinds) == 1:
        return left | kinds[0]
    return left | {"anyOf": kinds} if kinds else left


def _in_headers(call: Call) -> list[JsonObject]:
    return [
        {
            "name": header.name,
            "in": "header",
            "description": str(header.meaning),
            "schema": {"type": "string", "maxLength": header.longest},
        }
        for header in call.headers
    ]


def _answers(call: Call) -> dict[str, JsonObject]:
    usual = call.answer.meaning if isinstance(call.answer, Download) else None
    meanings = {call.status: usual or HTTPStatus(call.status).phrase, **call.also}
    content = _content(call.answer)
    return {
        str(status): {"description": str(meaning)} | content
        for status, meaning in sorted(meanings.items())
    }


def _content(answer: type[OutShape] | Download | None) -> JsonObject:
    if answer is None:
        return {}
    if isinstance(answer, Download):
        return {"content": {answer.media_type: {"schema": {"type": "string", "format": "binary"}}}}
    return {"content": {"application/json": {"schema": _ref(answer)}}}


def _refusals(call: Call) -> dict[str, JsonObject]:
    content = {PROBLEM_TYPE: {"schema": _ref(Problem)}}
    return {
        str(status): {"description": str(meaning), "content": content}
        for status, meaning in meanings_of(call).items()
    }
