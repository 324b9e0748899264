"""The API's document: every call with what it takes and what it answers, and nothing else."""

import re

import jsonschema_rs
import pytest

from webapp.http.forms import parse
from webapp.web.openapi import calls_of


@pytest.fixture
def document(client):
    return client.get("/api/openapi.json", headers={"Accept-Language": "en"}).json


@pytest.fixture
def operations(document):
    return {
        f"{method.upper()} {path.removeprefix('/api/v1')}": operation
        for path, calls in document["paths"].items()
        for method, operation in calls.items()
    }


def parameters(operation):
    return {parameter["name"]: parameter for parameter in operation["parameters"]}


def test_every_route_under_the_api_is_described(app, operations):
    routes = {
        f"{method} {_path(rule.rule)}"
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/")
    }
    assert routes == operations.keys() and len(routes) == len(calls_of(app))


def _path(rule: str) -> str:
    return re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", rule.removeprefix("/api/v1"))


def test_every_shape_is_a_schema_and_every_reference_leads_to_one(document):
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        jsonschema_rs.meta.validate(schema)
        assert schema.get("title", name) == name
    references = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert references <= schemas.keys()
    assert not [name for name in schemas if name.endswith("Query")]


def test_every_answer_but_an_empty_one_has_a_shape_or_is_a_file(operations):
    for name, operation in operations.items():
        for status, answer in operation["responses"].items():
            if status == "204":
                assert name.startswith("DELETE ") and "content" not in answer
                continue
            ((media_type, content),) = answer["content"].items()
            if int(status) >= 400:
                assert media_type == "application/problem+json"
                assert content["schema"]["$ref"].endswith("/Problem")
            elif media_type == "application/json":
                assert "$ref" in content["schema"], name
            else:
                assert content["schema"]["format"] == "binary", name


def test_no_shape_has_room_for_fields_that_are_not_declared(document):
    open_to_more = {
        name
        for name, schema in document["components"]["schemas"].items()
        if "properties" in schema and schema.get("additionalProperties") is not False
    }
    # An action has parameters of its own beside its name.
    assert open_to_more == {"ActionOut"}


def test_every_call_tells_its_roles_and_its_refusals(operations):
    for operation in operations.values():
        assert {"401", "403", "422", "503"} <= operation["responses"].keys()
        assert operation["security"][0]["token"] and operation["summary"]
    assert operations["GET /jobs"]["security"] == [{"token": ["manager", "admin"]}]
    sales = operations["POST /sales"]
    assert {"200", "201", "409", "413"} <= sales["responses"].keys()


def test_paths_queries_and_headers_are_typed(operations):
    sale = parameters(operations["GET /sales/{sale_id}"])["sale_id"]["schema"]
    assert (sale["type"], sale["minimum"], sale["maximum"]) == ("integer", 1, 2**31 - 1)
    assert parameters(operations["GET /products/{sku}"])["sku"]["schema"]["type"] == "string"
    listed = parameters(operations["GET /sales"])
    asked = {"status", "q", "tag", "since", "until", "updated_since", "limit", "cursor"}
    assert listed.keys() == asked
    assert listed["limit"]["schema"]["maximum"] == 200 and not listed["limit"]["required"]
    assert listed["status"]["schema"] == {"$ref": "#/components/schemas/Status"}
    month = parameters(operations["GET /invoices/archive"])["month"]
    assert month["required"] and re.fullmatch(month["schema"]["pattern"], "2026-11")
    key = parameters(operations["POST /sales"])["Idempotency-Key"]
    assert (key["in"], key["schema"]["maxLength"]) == ("header", 200)


def test_a_change_of_a_sale_is_described_with_its_body(document, operations):
    body = operations["PATCH /sales/{sale_id}"]["requestBody"]["content"]["application/json"]
    patch = document["components"]["schemas"][body["schema"]["$ref"].rpartition("/")[2]]
    whole = document["components"]["schemas"]["SaleIn"]
    assert patch["properties"].keys() == whole["properties"].keys() and "required" not in patch


@pytest.mark.parametrize(
    ("language", "summary"), [("en", "One sale as it stands."), ("pt-BR", "Um pedido como está")]
)
def test_the_words_are_the_readers(client, language, summary):
    headers = {"Accept-Language": language}
    told = client.get("/api/openapi.json", headers=headers).json
    assert told["paths"]["/api/v1/sales/{sale_id}"]["get"]["summary"].startswith(summary)
    page = client.get("/api/docs", headers=headers).text
    assert summary in page and 'href="#schema-SaleOut"' in page and "application/pdf" in page


def test_every_example_of_a_body_is_one(app):
    shapes = {call.body for call in calls_of(app) if call.body}
    shown = {
        shape: shape.model_json_schema().get("examples", [])
        for shape in shapes
        if not shape.__name__.endswith("Patch")
    }
    assert all(shown.values())
    for shape, examples in shown.items():
        for example in examples:
            parse(shape, example)
