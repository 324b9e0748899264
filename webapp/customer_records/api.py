"""Two customers as one, and one as nobody, as JSON."""

from flask import Response
from flask_babel import lazy_gettext as _l

from webapp.audit.tracking import record
from webapp.customer_records.anonymising import anonymise
from webapp.customer_records.forms import AnonymisationIn, MergeIn
from webapp.customer_records.merging import merge
from webapp.customer_records.personal_data import all_files_of
from webapp.customers.api import UNKNOWN, record_json
from webapp.customers.queries import customer_by_id
from webapp.customers.shapes import CustomerRecordOut
from webapp.http.zips import zip_response
from webapp.platform.database import db
from webapp.web.api import Download, api_blueprint, endpoint

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


@endpoint(
    bp,
    "POST",
    "/customers/<id:customer_id>/data",
    "manager",
    answer=Download("application/zip", _l("A JSON of everything, and a table of each kind.")),
    refusals={404: UNKNOWN},
    summary=_l("All that the shop keeps of this person (LGPD, art. 18); kept in the audit."),
)
def personal_data(customer_id: int) -> Response:
    """A POST, as on the page: that it was done is kept."""
    customer = customer_by_id(customer_id)
    record(db.session, "exported", "customers", customer.id, customer.name)
    return zip_response(all_files_of(customer), f"customer-{customer.id}")
