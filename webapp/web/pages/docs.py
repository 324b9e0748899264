"""The API described for programs (OpenAPI 3.1) and for people, made from the calls' own
declarations."""

import re

from flask import Blueprint, current_app, jsonify, render_template
from pydantic.json_schema import models_json_schema

from webapp.staff.access import anyone

bp = Blueprint("docs", __name__, url_prefix="/api")


def described_calls() -> list[dict]:
    views = current_app.view_functions.values()
    calls = {id(view): view.described for view in views if hasattr(view, "described")}
    return sorted(calls.values(), key=lambda call: (call["path"], call["method"]))


def openapi() -> dict:
    calls = described_calls()
    bodies = sorted(
        {call["body"] for call in calls if call["body"]}, key=lambda shape: shape.__name__
    )
    _refs, schemas = models_json_schema(
        [(shape, "validation") for shape in bodies], ref_template="#/components/schemas/{model}"
    )
    paths: dict = {}
    for call in calls:
        path = "/api/v1" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", call["path"])
        paths.setdefault(path, {})[call["method"].lower()] = _operation(call, path)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Balcão", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": schemas.get("$defs", {}) | {"Problem": PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


def _operation(call: dict, path: str) -> dict:
    problem = {
        "description": "Refused",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    operation = {
        "summary": call["summary"],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)}", path)
        ]
        + [{"name": name, "in": "query", "schema": {"type": "string"}} for name in call["query"]]
        + [
            {"name": name, "in": "header", "schema": {"type": "string"}} for name in call["headers"]
        ],
        "responses": {str(call["status"]): {"description": "Done"}, "default": problem},
    }
    if call["body"]:
        operation["requestBody"] = {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": f"#/components/schemas/{call['body'].__name__}"}
                }
            },
        }
    return operation


@bp.get("/openapi.json")
@anyone
def openapi_json():
    return jsonify(openapi())


@bp.get("/docs")
@anyone
def page():
    return render_template("docs/page.html", api=openapi())
