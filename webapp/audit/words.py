"""The audit in words: what was changed, how, and each field's name and value."""

import datetime as dt
from decimal import Decimal
from typing import Any, NamedTuple

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Boolean, Date

from webapp.audit.history import value_words, who
from webapp.audit.models import AuditEntry
from webapp.http.formatting import day_text, moment_text, money_text, percent_text, phone_text
from webapp.platform.cep import format_cep
from webapp.platform.columns import EnumText, Hundredths, UtcDateTime
from webapp.platform.database import db
from webapp.platform.documents import format_document

SUBJECTS = {
    "sales": _l("Order"),
    "products": _l("Product"),
    "counts": _l("Count of stock"),
    "customers": _l("Customer"),
    "customer_addresses": _l("Address of a customer"),
    "notes": _l("Note of the staff"),
    "agents": _l("Agent"),
    "invoices": _l("NF-e"),
    "invoice_events": _l("Event of an NF-e"),
    "voidings": _l("Voiding of numbers"),
    "skipped_numbers": _l("Numbers left out"),
    "packing_slips": _l("Packing slip"),
    "memberships": _l("Membership"),
    "tasks": _l("Task"),
    "messages": _l("E-mail"),
    "rule_sets": _l("Rules"),
    "rule_drafts": _l("Draft of the rules"),
    "backtests": _l("Test of the rules"),
    "rehearsals": _l("Rehearsal of a day"),
    "imports": _l("Import of files"),
    "batches": _l("Batch"),
    "bulk_acts": _l("Bulk act"),
    "incoming_notes": _l("Incoming NF-e"),
    "inboxes": _l("Fetching of incoming NF-e"),
    "manifestations": _l("Buyer's word on an NF-e"),
    "users": _l("Person of the staff"),
    "api_tokens": _l("API token"),
    "shop": _l("Settings"),
    "series": _l("NF-e series"),
    "certificates": _l("Digital certificate"),
    "partners": _l("Marketplace, carrier or acquirer"),
    "labels": _l("Label"),
    "jobs": _l("Job"),
    "queues": _l("Queue"),
    "failure_causes": _l("Cause of failures"),
    "recurring_works": _l("Recurring work"),
    "refunds": _l("Refund"),
    "effects": _l("Action of a rule"),
    "commission_payments": _l("Commission"),
    "agreed_fees": _l("Agreed fee"),
    "payment_providers": _l("Payment provider"),
    "statements": _l("Statement"),
    "payment_findings": _l("Strange payment"),
    "pages": _l("Page"),
    "closings": _l("Closing of a month"),
    "views": _l("View"),
    "export_schedules": _l("List on a schedule"),
    "tax_profile_versions": _l("Tax profile"),
    "tax_choices": _l("Choice of a tax profile"),
    "state_rates": _l("Rates of a state"),
    "calendar_values": _l("Value of the fiscal calendar"),
    "sandbox_scenario": _l("Simulated SEFAZ"),
    "trusted_roots": _l("Trusted root certificate"),
    "schema_packages": _l("Schema package"),
    "official_tables": _l("Official table"),
    "contingencies": _l("Contingency of SEFAZ"),
}
ACTIONS = {
    "created": _l("Created"),
    "changed": _l("Changed"),
    "deleted": _l("Deleted"),
    "signed_in": _l("Signed in"),
    "sign_in_failed": _l("Sign-in refused"),
    "signed_out": _l("Signed out"),
    "access_refused": _l("Access refused"),
    "form_refused": _l("Form refused"),
    "password_refused": _l("Present password refused"),
    "password_set": _l("Password set"),
    "sessions_ended": _l("Sessions ended"),
    "approved": _l("Approved"),
    "repriced": _l("Price typed over"),
    "tagged": _l("Tagged"),
    "untagged": _l("Tag taken off"),
    "retried": _l("Retried"),
    "tried_now": _l("Tried now"),
    "given_up": _l("Given up"),
    "resolved": _l("Resolved"),
    "ignored": _l("Ignored"),
    "opened": _l("Opened again"),
    "retry_stopped": _l("Retry stopped"),
    "paused": _l("Paused"),
    "resumed": _l("Resumed"),
    "run_now": _l("Run now"),
    "turned_off": _l("Turned off"),
    "turned_on": _l("Turned on"),
    "published": _l("Published"),
    "restored": _l("Brought back"),
    "woken": _l("Woken"),
    "draft_from": _l("Draft begun from a version"),
    "rule_added": _l("Rule added"),
    "rule_changed": _l("Rule changed"),
    "rule_removed": _l("Rule removed"),
    "rule_moved": _l("Rule moved"),
    "merged": _l("Merged"),
    "exported": _l("Data of the person exported"),
    "anonymised": _l("Anonymised"),
}
# Where a subject has a page of its own: its endpoint and the name of its id there, if any.
PAGES = {
    "sales": ("sales.page", "sale_id"),
    "invoices": ("invoices.page", "invoice_id"),
    "voidings": ("series.index", ""),
    "skipped_numbers": ("series.index", ""),
    "counts": ("counting.show", "count_id"),
    "customers": ("customers.show", "customer_id"),
    "users": ("staff.person", "user_id"),
    "packing_slips": ("parcels.show", "slip_id"),
    "rule_sets": ("rules.version", "version_id"),
    "rule_drafts": ("rules.draft", ""),
    "backtests": ("rules.backtest", "backtest_id"),
    "rehearsals": ("rehearsals.show", "rehearsal_id"),
    "imports": ("imports.import_page", "import_id"),
    "batches": ("batches.show", "batch_id"),
    "bulk_acts": ("bulk.show", "act_id"),
    "failure_causes": ("causes.show", "cause_id"),
    "incoming_notes": ("incoming.show", "note_id"),
    "agreed_fees": ("payments.fees_page", ""),
    "payment_providers": ("payments.providers_page", ""),
    "payment_findings": ("payments.index", ""),
    "statements": ("payments.statement_page", "statement_id"),
}
# The icon of what no feature has a sentence for.
ICON = "history"
# Columns that hold an actor.
PEOPLE = ("reviewer", "signed_off_by", "locked_by", "settled_by")
BLANK: tuple[Any, ...] = (None, "", [], {})
# The event's own words tell it: these are codes of the program.
UNTOLD = ("reason_code",)
PERCENTAGES = ("reduction", "credit_rate", "icms", "fcp")
DOCUMENTS = ("document", "customer_document", "cnpj", "technical_cnpj")
PHONES = ("phone", "customer_phone", "technical_phone")
FIELDS = {
    "installments": _l("From instalments"),
    "percent": _l("Percentage"),
    "fixed": _l("Each time"),
    "method": _l("Payment"),
    "methods": _l("Ways to pay"),
    "provider": _l("Provider"),
    "base_url": _l("Address of the API"),
    "client_id": _l("Client"),
    "settled_by": _l("Settled by"),
    "sale_id": _l("Order"),
    "orders_from": _l("Orders from"),
    "orders_until": _l("Orders until"),
    "activity": _l("Activity in Simples"),
    "benefit_code": _l("Benefit code (cBenef)"),
    "cest": _l("CEST"),
    "credit_rate": _l("Credit of ICMS (%)"),
    "fcp": _l("Poverty fund (FCP)"),
    "ibs_cbs": _l("CST of IBS/CBS"),
    "ibs_cbs_choices": _l("Choices for IBS and CBS"),
    "ibs_cbs_class": _l("Class of IBS/CBS (cClassTrib)"),
    "icms": _l("ICMS"),
    "nature": _l("Nature of the operation"),
    "profile": _l("Profile"),
    "reduction": _l("Reduction of the base (%)"),
    "signed_off_by": _l("Signed off by"),
    "source": _l("Source"),
    "tax_profile": _l("Tax profile"),
    "undone": _l("Taken back"),
    "value": _l("Value"),
    "origin_id": _l("Gives back NF-e"),
    "network_address": _l("Network address"),
    "times": _l("Times"),
    "tries": _l("Tries"),
    "accepted": _l("Accepted"),
    "access_key": _l("Access key"),
    "accountant_email": _l("Accountant's e-mail"),
    "closing_day": _l("Day of the closing"),
    "give_back_reasons": _l("Reasons for refunds and returns"),
    "reorder_days": _l("Days that a purchase lasts"),
    "locked_at": _l("Closed"),
    "locked_by": _l("Closed by"),
    "recipient": _l("To"),
    "active": _l("May sign in"),
    "agent_code": _l("Agent"),
    "archived_at": _l("Archived"),
    "amount": _l("Amount"),
    "author": _l("Author"),
    "authorized_parties": _l("May download the NF-e"),
    "stock": _l("Stock"),
    "merged_from": _l("Merged from"),
    "merged_into": _l("Merged into"),
    "month": _l("Month"),
    "cancellation_hours": _l("Hours for cancelling an NF-e"),
    "late_cancellation_hours": _l("Hours for a late cancellation"),
    "first": _l("First number"),
    "label": _l("What it is called"),
    "last": _l("Last number"),
    "sequence": _l("Sequence"),
    "text": _l("Text"),
    "used_elsewhere": _l("Used by another system"),
    "carrier": _l("Carrier"),
    "invoice_details": _l("Invoice details"),
    "seller_id": _l("The shop's id there"),
    "tracking_link": _l("Tracking link"),
    "service_name": _l("Service"),
    "box_height_cm": _l("Height of a box (cm)"),
    "box_width_cm": _l("Width of a box (cm)"),
    "box_length_cm": _l("Length of a box (cm)"),
    "melhor_envio_token": _l("Token of Melhor Envio"),
    "label_provider": _l("Who sells its labels"),
    "label_service": _l("Number of its service there"),
    "category": _l("Category"),
    "city": _l("City"),
    "changed": _l("Changed"),
    "channel": _l("Channel"),
    "channel_series": _l("Series by channel"),
    "below_catalog": _l("Below the catalog (%)"),
    "clerk_discount_limit": _l("Clerk's limit (%)"),
    "clerk_prices_locked": _l("Clerk's prices locked"),
    "cnpj": _l("CNPJ"),
    "code": _l("Code"),
    "comment": _l("Comment"),
    "commission_percent": _l("Commission (%)"),
    "complement": _l("Complement"),
    "cost": _l("Cost"),
    "crt": _l("Tax regime (CRT)"),
    "csrt": _l("CSRT"),
    "for_delivery": _l("Orders go there first"),
    "fingerprint": _l("SHA-256 of the certificate"),
    "holder": _l("Holder"),
    "csrt_id": _l("Number of the CSRT"),
    "description": _l("Description"),
    "customer_document": _l("CPF/CNPJ"),
    "customer_email": _l("E-mail"),
    "customer_name": _l("Customer"),
    "customer_phone": _l("Phone"),
    "lines": _l("Products"),
    "digest": _l("SHA-256"),
    "discount": _l("Discount"),
    "document": _l("CPF/CNPJ"),
    "done_at": _l("Done"),
    "email": _l("E-mail"),
    "file_name": _l("File"),
    "four_eyes": _l("Four eyes"),
    "freight": _l("Freight"),
    "gtin": _l("GTIN"),
    "guide_closed": _l("Guide put away"),
    "hold_hours": _l("Stock hold (hours)"),
    "cut_off": _l("Cut-off"),
    "membership_terms": _l("Terms of memberships"),
    "alert_limits": _l("What managers are told"),
    "pick_up": _l("Parcels leave at"),
    "preparation_days": _l("Preparation (working days)"),
    "dispatch_weekdays": _l("Days on which parcels leave"),
    "days_off": _l("Further days off"),
    "ibge": _l("IBGE code"),
    "isbn": _l("ISBN"),
    "kind": _l("Kind"),
    "locale": _l("Language"),
    "low_stock": _l("Minimum stock"),
    "name": _l("Name"),
    "notes": _l("Notes"),
    "volumes": _l("Parcels"),
    "ncm": _l("NCM"),
    "nfe_environment": _l("Environment of the NF-e"),
    "next_number": _l("Next number"),
    "neighborhood": _l("Neighborhood"),
    "number": _l("Number"),
    "on_nfe": _l("On the NF-e"),
    "origin": _l("Origin"),
    "outcome": _l("Outcome"),
    "paid_at": _l("Paid"),
    "parts": _l("Parts"),
    "payment_method": _l("Payment"),
    "phone": _l("Phone"),
    "pis_cofins": _l("PIS and COFINS"),
    "plan": _l("Plan"),
    "ends_on": _l("Ends on"),
    "act": _l("Act"),
    "price": _l("Price"),
    "price_confirmed": _l("Price confirmed"),
    "prices": _l("Prices confirmed"),
    "protocol": _l("Protocol"),
    "reference": _l("Reference"),
    "refused": _l("Refused"),
    "rejected_by": _l("Rejected by"),
    "rejection_code": _l("Rejection code"),
    "released_at": _l("Released"),
    "review_policy": _l("Review policy"),
    "reviewer": _l("Reviewer"),
    "reviewer_discount_limit": _l("Reviewer's limit (%)"),
    "revoked_at": _l("Revoked"),
    "role": _l("Role"),
    "royalty_percent": _l("Royalty (%)"),
    "series": _l("Series"),
    "shelf": lazy_pgettext("stock-room", "Place"),
    "shipping": _l("Shipping"),
    "rows": _l("Rows"),
    "sku": _l("SKU"),
    "specifications": _l("Specifications"),
    "stance": _l("What is told"),
    "state": _l("State"),
    "state_registration": _l("State registration"),
    "status": _l("Status"),
    "step": _l("Step"),
    "tags": _l("Tags"),
    "street": _l("Street"),
    "supplier": _l("Supplier"),
    "taxpayer": _l("Standing with ICMS"),
    "technical_cnpj": _l("Technical contact's CNPJ"),
    "technical_email": _l("Technical contact's e-mail"),
    "technical_name": _l("Technical contact"),
    "technical_phone": _l("Technical contact's phone"),
    "time_zone": _l("Time zone"),
    "total": _l("Total"),
    "tracking_code": _l("Tracking code"),
    "trade_name": _l("Trade name"),
    "unit": _l("Unit"),
    "video_url": _l("Address of the video"),
    "warranty_months": _l("Warranty (months)"),
    "weight_g": _l("Weight (g)"),
    "reason": _l("Reason"),
    "zip_code": _l("Postal code"),
    "listing": _l("List"),
    "shared": _l("Shared"),
    "pinned": _l("In the menu"),
    "rhythm": _l("How often"),
    "hour": _l("Hour"),
    "paused_for": _l("Paused for"),
    "drafted_by": _l("Written by"),
    "enabled": _l("Enabled"),
    "event": _l("When"),
    "expires_at": _l("Ends"),
    "examples": _l("Examples"),
    "from_version": _l("Version"),
    "priority": _l("Priority"),
    "restores": _l("Brings back"),
    "scope": _l("Applies to"),
    "since": _l("Since"),
    "then": _l("Actions"),
    "until": _l("Until"),
    "valid_from": _l("Valid from"),
    "valid_to": _l("Valid to"),
    "when": _l("Conditions"),
}


class FieldChange(NamedTuple):
    """A field's name and its values as people read them."""

    field: str
    before: Any
    after: Any


def changes(entry: AuditEntry) -> list[FieldChange]:
    """Each field that an entry fills, changes or empties."""
    names = {**entry.before, **entry.after}
    return [
        FieldChange(
            str(FIELDS.get(name, name)),
            _value(entry.subject, name, entry.before.get(name)),
            _value(entry.subject, name, entry.after.get(name)),
        )
        for name in names
        if name not in UNTOLD
        if entry.before.get(name) not in BLANK or entry.after.get(name) not in BLANK
    ]


def page_of(entry: AuditEntry) -> str | None:
    """The address of what was changed, unless it is gone or has no page."""
    if entry.subject not in PAGES or entry.action == "deleted":
        return None
    endpoint, argument = PAGES[entry.subject]
    if argument and not entry.subject_id:
        return None
    values: dict[str, Any] = {argument: entry.subject_id} if argument else {}
    return url_for(endpoint, **values)


def subject_name(entry: AuditEntry) -> str:
    """What was changed, by the name that it had then."""
    name = entry.subject_name or entry.subject_id
    return str(value_words(entry.subject, "subject_name", name))


def _value(subject: str, field: str, stored: Any) -> Any:
    """A stored value as people read it: in the words of its feature, else by the type of the column
    it came from."""
    if stored is None:
        return None
    told = value_words(subject, field, stored)
    if told is not stored:
        return told
    table = db.metadata.tables.get(subject)
    # The step at which an order waits is one of its states.
    column = table.c.get("status" if field == "step" else field) if table is not None else None
    if field in PEOPLE:
        return who(stored).name
    if field in DOCUMENTS:
        return format_document(str(stored))
    if field in PHONES:
        return phone_text(str(stored))
    if field == "zip_code" and len(str(stored)) == 8:
        return format_cep(stored)
    if column is None:
        return stored
    if isinstance(column.type, Hundredths):
        amount = Decimal(str(stored))
        is_percent = field.endswith("percent") or field in PERCENTAGES
        return percent_text(amount) if is_percent else money_text(amount)
    if isinstance(column.type, Date):
        return day_text(dt.date.fromisoformat(stored))
    if isinstance(column.type, EnumText) and stored in list(column.type.members):
        return getattr(column.type.members(stored), "label", stored)
    if isinstance(column.type, UtcDateTime):
        return moment_text(dt.datetime.fromisoformat(stored))
    if isinstance(column.type, Boolean):
        return _("yes") if stored else _("no")
    return stored
