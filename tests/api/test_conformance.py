"""Every call of the API's document, with input by its schema, against it, and such as leads deep
into the call: no answer is one that is not declared, and none is a failure of ours."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core import NOT_SET
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import select

from tests.factories import (
    ADDRESS,
    make_cause,
    make_failing,
    make_product,
    make_sale,
    make_token,
    make_user,
    open_shop,
    work_off,
)
from tests.support.examples import examples
from tests.support.incoming_notes import a_file, take_in
from webapp.addresses.models import Company
from webapp.batches.asking import Asker, begin_batch
from webapp.batches.forms import ChangeIn
from webapp.bulk.asking import begin_for_each
from webapp.catalog.models import Product
from webapp.counting.entering import count_once
from webapp.counting.forms import CountedIn, CountIn
from webapp.customers.customer_edits import add_address, save_customer
from webapp.customers.forms import CustomerAddressIn, CustomerIn
from webapp.customers.models import Customer
from webapp.fiscal.danfe import Paper, PrintedNote, Sheet, sheets_in_one_file
from webapp.fulfilment.months import this_month
from webapp.fulfilment.parcels.models import Parcel
from webapp.fulfilment.tasks.models import Task
from webapp.http.forms import parse
from webapp.invoice_pages import downloads
from webapp.invoices.models import Invoice
from webapp.payments.models import Finding, FindingKind
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.processing.note_events import cancel_note, correct_note, note_to_follow
from webapp.processing.number_voiding import void_numbers
from webapp.rehearsals.asking import ask_rehearsal
from webapp.rules.models import Effect
from webapp.sales.models import Sale
from webapp.store.price_rights import UNBOUND
from webapp.store.queries import every_series, the_shop
from webapp.taxation.queries import issuer_today
from webapp.views.models import View

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
COMPANY = "27865757000102"
A_COUNT = CountIn(lines=[CountedIn(sku="LV-0001", counted=500)])
# Of the one call that takes a file.
A_FILE = {"kind": "notes", "file": b"<NFe/>"}
# So many inputs by the schema of each call, and against it.
INPUTS = 5
# Calls that leave the next ones little to do: made of every other place only.
USING_UP = ("/approval", "/cancellation", "/payment", "/refunds")
# Of a call, as schemathesis names them.
PARTS = ("method", "path_parameters", "headers", "cookies", "query", "body", "media_type")
Sent = dict[str, Any]
# Values of the parameters of a path that lead somewhere, by those parameters' names.
Places = dict[tuple[str, ...], list[tuple[Any, ...]]]
pytestmark = pytest.mark.both_databases


@pytest.fixture
def settings(base_settings, database_url):
    """A shop that looks companies up; the one asked for is known already."""
    return replace(base_settings, database_url=database_url, cnpj_providers=("brasilapi",))


@pytest.fixture
def places(db) -> Places:
    """A shop with sales in several states, an NF-e under review and a task."""
    open_shop()
    make_product(sku="LV-0001", kind="book", royalty_percent="10.00", author="Lívia")
    upgrade = make_product(kind="membership_upgrade").sku
    unsold = make_product().sku
    sales = [make_sale(sku=sku, quantity=3) for sku in [*["LV-0001"] * 3, upgrade]]
    sales.append(make_sale(sku="LV-0001", address=ADDRESS | {"number": ""}))
    work_off()
    event_id, voiding_id = what_followed()
    the_shop().review_policy = "all"
    sales += [make_sale(sku="LV-0001"), make_sale(sku="LV-0001")]
    work_off()
    sales += [make_sale(sku="LV-0001", paid=paid) for paid in (True, False, False)]
    known = {"name": "Pico Nevado", "provider": "brasilapi", "fetched_at": utc_now()}
    db.session.add(Company(cnpj=COMPANY, found=True, **known))
    abroad = {"country": "PT", "city": "Porto"}
    for name, document, place in (("João", "", abroad), ("Maria das Dores", "39053344705", {})):
        told = {"name": name, "document": document, "address": place}
        save_customer(Customer(), parse(CustomerIn, told))
    rehearsal = ask_rehearsal(issuer_today(), "admin")
    effects = db.session.execute(select(Effect.sale_id, Effect.id).limit(4))
    return {
        ("sale_id",): [(sale.id,) for sale in sales],
        ("sale_id", "effect_id"): [tuple(row) for row in effects],
        ("invoice_id",): [(number,) for number in db.session.scalars(select(Invoice.id))],
        ("invoice_id", "event_id"): [(1, event_id), (1, 999)],
        ("voiding_id",): [(voiding_id,)],
        ("series_number",): [("1",), ("none",)],
        ("finding_id",): [(a_finding(),), (999,)],
        ("task_id",): [(number,) for number in db.session.scalars(select(Task.id))],
        ("customer_id",): [(1,), (3,)],
        ("customer_id", "address_id"): [(1, another_address()), (1, 999)],
        ("count_id",): [(count_once("test", A_COUNT).id,)],
        ("parcel_id",): [(number,) for number in db.session.scalars(select(Parcel.id))],
        ("rehearsal_id",): [(rehearsal.id,)],
        ("batch_id",): [(a_batch(),), (999,)],
        ("act_id",): [(a_bulk_act(),), (999,)],
        ("cause_id",): [(a_cause(),), (999,)],
        ("view_id",): [(a_view(),), (999,)],
        ("import_id",): [(take_in(a_file()).id,)],
        ("sku",): [("LV-0001",), (unsold,)],
        ("code",): [("goods",), ("none",)],
        ("term",): [("pCBS",), ("none",)],
        ("listing",): [("invoices",), ("none",)],
        ("queue",): [("mail",), ("none",)],
        ("month",): [(this_month(),), ("2026-13",)],
        ("cep",): [("05010-000",), ("99999-999",), ("9",)],
        ("cnpj",): [(COMPANY,), ("9",)],
        (): [()],
    }


def another_address() -> int:
    told = {"label": "Obra", "address": {"zip_code": "01025-020", "number": "9"}}
    customer = database.session.get_one(Customer, 1)
    return add_address(customer, parse(CustomerAddressIn, told)).id


def a_batch() -> int:
    """Carried out."""
    asker = Asker("admin", UNBOUND)
    begun = begin_batch(select(Product), ChangeIn(category="Chás"), asker, applies_itself=True)
    database.session.commit()
    work_off()
    return begun.id


def a_bulk_act() -> int:
    begun = begin_for_each({1: ""}, "pay", {}, "admin")
    database.session.commit()
    work_off()
    return begun.id


def a_view() -> int:
    """Everybody's, of an administrator: for whom programs keep more."""
    owner_id = make_user("admin").id
    view = View(owner_id=owner_id, listing="products", name="Baixos", query={"view": "low"})
    view.shared = True
    database.session.add(view)
    database.session.commit()
    return view.id


def a_cause() -> int:
    """For which an order waits."""
    cause = make_cause()
    make_failing(cause, database.session.get_one(Sale, 1))
    database.session.commit()
    return cause.id


def a_finding() -> int:
    """An order whose money never came."""
    found = Finding(kind=FindingKind.NO_MONEY, sale_id=1)
    database.session.add(found)
    database.session.commit()
    return found.id


def what_followed() -> tuple[int, int]:
    """A correction letter, a cancellation and a voiding, and numbers that are left over."""
    (series,) = every_series()
    series.next_number = 50
    letter = correct_note(note_to_follow(1), "Volumes: 3 caixas, e não 2")
    cancelled = note_to_follow(3)
    cancel_note(cancelled.sale, cancelled, "O comprador desistiu da compra")
    voiding = void_numbers(series, 45, 46, "Numeração pulada por engano")
    work_off()
    return letter.id, voiding.id


@pytest.fixture
def schema(app, client, db):
    """The document as a program loads it."""
    document = client.get("/api/openapi.json", headers={"Accept-Language": "en"}).json
    # What leads deep into a call is given by hand: no word of the source need be looked for.
    config = schemathesis.Config.from_dict(
        {
            "generation": {"with-security-parameters": False},
            "analysis": {"constants": {"enabled": False}},
        }
    )
    loaded = schemathesis.openapi.from_dict(document, config=config)
    loaded.app = app
    return loaded


@pytest.fixture
def printing(database_kind, monkeypatch):
    """Papers are printed on one of the databases, those of a kind once: by a process for each,
    which asks neither."""
    printed: dict[tuple, bytes] = {}

    def printed_once(sheets: list[Sheet]) -> BytesIO:
        kind = frozenset((each.paper, each.cancelled) for each in sheets), len(sheets) > 1
        if database_kind == "postgresql":
            printed[kind] = b"%PDF-"
        elif kind not in printed:
            with sheets_in_one_file(sheets) as file:
                printed[kind] = file.read()
        return BytesIO(printed[kind])

    def notes_printed_once(paper: Paper, notes: list[PrintedNote]) -> BytesIO:
        return printed_once([Sheet(paper, *note) for note in notes])

    monkeypatch.setattr(downloads, "sheets_in_one_file", printed_once)
    monkeypatch.setattr(downloads, "in_one_file", notes_printed_once)


@pytest.fixture
def headers(db) -> dict[str, str]:
    """With a token that opens every call. The client of an app in the same process unpacks no
    answers."""
    return {"Authorization": f"Bearer {make_token('admin')}", "Accept-Encoding": "identity"}


def test_every_call_answers_as_it_is_declared(schema, places, headers, db, printing):
    operations = [result.ok() for result in schema.get_all_operations()]
    operations.sort(key=takes_away)
    db.session.remove()
    failures, never_done = [], []
    for operation in operations:
        statuses: set[int] = set()
        for sent in inputs_of(operation, places):
            try:
                answer = operation.Case(**sent).call_and_validate(checks=CHECKS, headers=headers)
                statuses.add(answer.status_code)
            except (FailureGroup, Exception) as failure:
                failures.append(f"{operation.label}\n{failure}")
        if not any(status < 300 for status in statuses):
            never_done.append(operation.label)
    assert not failures, "\n\n".join(failures)
    assert not never_done, never_done


def takes_away(operation: APIOperation) -> bool:
    """Whether the calls after it find less than was there before."""
    return operation.method.upper() == "DELETE" or operation.path.endswith("/cancellation")


# By what a call takes and whether they are by its schema: working them out takes longer than to
# send them, and they are the same for either database and for whatever takes the same.
_made: dict[tuple[str, GenerationMode], list[Sent]] = {}


def made_by_schema(operation: APIOperation, mode: GenerationMode) -> list[Sent]:
    key = taken_by(operation), mode
    if key not in _made:
        _made[key] = _drawn(operation.as_strategy(mode))
    return copy.deepcopy(_made[key])


def taken_by(operation: APIOperation) -> str:
    """The schemas of its input: what they mean is of no matter."""
    raw = operation.definition.raw
    named = [each | {"description": ""} for each in raw.get("parameters", ())]
    return json.dumps([operation.method, named, raw.get("requestBody")], sort_keys=True)


def _drawn(cases: st.SearchStrategy[Case]) -> list[Sent]:
    drawn: list[Sent] = []

    @seed(7)
    @hypothesis.settings(
        max_examples=examples(INPUTS),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def draw(case: Case) -> None:
        parts = {name: getattr(case, name) for name in PARTS}
        drawn.append({name: part for name, part in parts.items() if part not in (None, NOT_SET)})

    draw()
    return drawn


def takes_anything(operation: APIOperation) -> bool:
    """Whether nothing is against its schema: it takes nothing, or any text in its path."""
    raw = operation.definition.raw
    return "requestBody" not in raw and all(
        each["in"] == "path"
        and each["schema"].keys() <= {"type", "minLength", "examples"}
        and each["schema"]["type"] == "string"
        for each in raw.get("parameters", ())
    )


def inputs_of(operation: APIOperation, places: Places) -> Iterator[Sent]:
    yield from made_by_schema(operation, GenerationMode.POSITIVE)
    if not takes_anything(operation):
        yield from made_by_schema(operation, GenerationMode.NEGATIVE)
    names = tuple(parameter.name for parameter in operation.path_parameters)
    asked = {parameter.name for parameter in operation.query}
    query = {"month": this_month()} if "month" in asked else {}
    for values in places[names][:: 2 if operation.path.endswith(USING_UP) else 1]:
        place = dict(zip(names, values, strict=True))
        for body in bodies_of(operation):
            yield {"path_parameters": place, "query": query} | body


def bodies_of(operation: APIOperation) -> list[dict[str, Any]]:
    """The document's examples of the body; of a body without one, such as changes nothing."""
    raw = operation.definition.raw.get("requestBody")
    if not raw:
        return [{}]
    if "multipart/form-data" in raw["content"]:
        return [{"body": A_FILE, "media_type": "multipart/form-data"}]
    name = raw["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    shape = operation.schema.raw_schema["components"]["schemas"][name]
    examples = shape.get("examples", [{}])
    return [{"body": example, "media_type": "application/json"} for example in examples]
