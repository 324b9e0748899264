"""Two customers as one, and one as nobody, as JSON."""

from flask_babel import lazy_gettext as _l

from webapp.customer_records.anonymising import anonymise
from webapp.customer_records.forms import AnonymisationIn, MergeIn
from webapp.customer_records.merging import merge
from webapp.customers.api import UNKNOWN, record_json
from webapp.customers.shapes import CustomerRecordOut
from webapp.web.api import api_blueprint, endpoint

bp = api_blueprint("customer_records")


@endpoint(
    bp,
    "POST",
    "/customers/<id:customer_id>/merge",
    "manager",
    body=MergeIn,
    answer=CustomerRecordOut,
    refusals={404: UNKNOWN, 409: _l("Both have a document, or one of them is gone.")},
    summary=_l("Merges customer `from` into this one; said twice, it happens once. No undoing."),
)
def merge_customers(wanted: MergeIn, customer_id: int) -> dict[str, object]:
    return record_json(merge(customer_id, wanted.from_id, wanted))


@endpoint(
    bp,
    "POST",
    "/customers/<id:customer_id>/anonymisation",
    "manager",
    body=AnonymisationIn,
    answer=CustomerRecordOut,
    refusals={404: UNKNOWN, 409: _l("An order of theirs is under way, or the name is another.")},
    summary=_l("Makes the customer nobody, but for what tax law keeps. No undoing."),
)
def anonymise_customer(wanted: AnonymisationIn, customer_id: int) -> dict[str, object]:
    return record_json(anonymise(customer_id, wanted.name))
