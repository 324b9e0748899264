"""What the API's document promises, held against every answer that a test's client gets.

An answer of a declared call has a declared status, the media type declared with it, and JSON of its
shape: no field too many, none too few.
"""

import contextvars
from typing import Any

import jsonschema_rs
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from webapp.web.api import Call
from webapp.web.openapi import PREFIX, calls_of, document, path_of


class Contract:
    def __init__(self, calls: list[Call]):
        self.document = document(calls)
        self._validators: dict[str, jsonschema_rs.Validator] = {}

    def problems(self, call: Call, answer: TestResponse) -> list[str]:
        """What of the answer is not as declared, in words."""
        declared = self.document["paths"][path_of(call)][call.method.lower()]["responses"]
        as_declared = declared.get(str(answer.status_code))
        if as_declared is None:
            return [f"status {answer.status_code} is not declared, but {', '.join(declared)}"]
        content = as_declared.get("content")
        if content is None:
            return [] if answer.data == b"" else ["there is a body where none is declared"]
        if answer.mimetype not in content:
            return [f"{answer.mimetype} is not declared, but {', '.join(content)}"]
        if not answer.is_json:
            return []
        return self._shape_problems(content[answer.mimetype]["schema"], answer.json)

    def _shape_problems(self, schema: dict[str, str], data: Any) -> list[str]:
        reference = schema["$ref"]
        if reference not in self._validators:
            whole = {"$ref": reference, "components": self.document["components"]}
            self._validators[reference] = jsonschema_rs.Draft202012Validator(
                whole, validate_formats=True
            )
        errors = self._validators[reference].iter_errors(data)
        return [f"{'.'.join(map(str, error.instance_path))}: {error.message}" for error in errors]


def contract_of(app: Flask) -> Contract:
    if "api_contract" not in app.extensions:
        app.extensions["api_contract"] = contextvars.Context().run(_made, app)
    return app.extensions["api_contract"]


def _made(app: Flask) -> Contract:
    with app.test_request_context():
        return Contract(calls_of(app))


def check_answer(app: Flask, answer: TestResponse) -> None:
    """Fails the test whose call under /api/v1 was answered otherwise than the document says."""
    request = answer.request
    call = _declared_call(app, request.method, request.path)
    if call is not None:
        found = contract_of(app).problems(call, answer)
        assert not found, f"{request.method} {request.path}: {'; '.join(found)}"


def _declared_call(app: Flask, method: str, path: str) -> Call | None:
    """The call that an address is of; None for one that there is not, or that a test has put
    something else in the place of."""
    if not path.startswith(PREFIX + "/"):
        return None
    try:
        endpoint, _values = app.url_map.bind("localhost").match(path, method)
    except HTTPException:
        return None
    return getattr(app.view_functions[endpoint], "call", None)
