"""Every feature's pages and calls; a new feature is one line here."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from webapp.addresses import api as addresses_api
from webapp.alerts import api as alerts_api
from webapp.alerts import pages as alerts
from webapp.alerts.telling import OPENED as ALERT_OPENED
from webapp.alerts.telling import RESOLVED as ALERT_RESOLVED
from webapp.attention import api as attention_api
from webapp.attention import pages as attention
from webapp.audit import history
from webapp.audit import pages as audit
from webapp.authority import api as authority_api
from webapp.authority import pages as authority
from webapp.batches import api as batches_api
from webapp.batches import pages as batches
from webapp.bulk import api as bulk_api
from webapp.bulk import pages as bulk
from webapp.catalog import api as catalog_api
from webapp.catalog import pages as catalog
from webapp.closings import api as closings_api
from webapp.closings import pages as closings
from webapp.counting import api as counting_api
from webapp.counting import pages as counting
from webapp.customer_records import api as customer_records_api
from webapp.customer_records import pages as customer_records
from webapp.customers import api as customers_api
from webapp.customers import pages as customers
from webapp.dashboard import pages as dashboard
from webapp.fulfilment.commissions import api as commissions_api
from webapp.fulfilment.commissions import pages as commissions
from webapp.fulfilment.labels import pages as labels
from webapp.fulfilment.memberships import api as memberships_api
from webapp.fulfilment.memberships import pages as memberships
from webapp.fulfilment.memberships.history import MEMBERSHIP_EVENTS
from webapp.fulfilment.parcels import api as parcels_api
from webapp.fulfilment.parcels import pages as parcels
from webapp.fulfilment.royalties import pages as royalties
from webapp.fulfilment.tasks import api as tasks_api
from webapp.fulfilment.tasks import pages as tasks
from webapp.http.formatting import access_key_text, percent_text
from webapp.http.localization import LOCALES
from webapp.imports import api as imports_api
from webapp.imports import pages as imports
from webapp.incoming import pages as incoming
from webapp.invoice_pages import api as invoices_api
from webapp.invoice_pages import event_api, series_api, series_pages
from webapp.invoice_pages import pages as invoices
from webapp.invoices.forms import RETURN_LABELS
from webapp.invoices.history import INVOICE_EVENTS, PAPER_EVENTS
from webapp.invoices.models import EVENT_NAMES
from webapp.messages import api as messages_api
from webapp.messages import pages as messages
from webapp.monitor import api as monitor_api
from webapp.monitor import cause_api, cause_pages
from webapp.monitor import job_pages as jobs
from webapp.monitor import pages as monitor
from webapp.monitor.words import QUEUES as QUEUE_NAMES
from webapp.notes import pages as notes
from webapp.notes.writing import MENTIONED_ON_CUSTOMER, MENTIONED_ON_ORDER
from webapp.notifications import pages as notifications
from webapp.payments import api as payments_api
from webapp.payments import notice_api
from webapp.payments import pages as payments
from webapp.processing.recurring import RECURRING
from webapp.rehearsals import api as rehearsals_api
from webapp.rehearsals import pages as rehearsals
from webapp.reordering import api as reordering_api
from webapp.reordering import pages as reordering
from webapp.rules import api as rules_api
from webapp.rules import pages as rules
from webapp.rules.audit_words import action_words, condition_words, examples_words
from webapp.rules.core.actions import ACTIONS
from webapp.rules.labels import EVENT_LABELS, SCOPE_LABELS
from webapp.sale_pages import api as sales_api
from webapp.sale_pages import pages as sales
from webapp.sale_pages import undo_api as processing_api
from webapp.sale_pages.told_details import in_one_line
from webapp.sales.forms import CHANNELS
from webapp.sales.history import REFUND_EVENTS, SALE_EVENTS, lines_in_words
from webapp.search import api as search_api
from webapp.search import pages as search
from webapp.staff import pages as staff
from webapp.store import api as store_api
from webapp.store import pages as store
from webapp.store.forms import ENVIRONMENTS, PIS_COFINS, REVIEW_POLICIES, TAX_REGIMES
from webapp.store.pages.settings import choices_in_one_line
from webapp.store.partners import api as partners_api
from webapp.store.partners import pages as partners
from webapp.taxation import api as taxation_api
from webapp.taxation import pages as taxation
from webapp.taxation.words import KINDS as TAXED_KINDS
from webapp.taxation.words import NATURES
from webapp.views import api as views_api
from webapp.views import pages as views
from webapp.web.pages import docs, health, presence, streams

# How the audit of each feature is told; see webapp.audit.history.
VOCABULARIES = (
    SALE_EVENTS,
    REFUND_EVENTS,
    INVOICE_EVENTS,
    PAPER_EVENTS,
    MEMBERSHIP_EVENTS,
)


def _one_of(words: Mapping[str, Any]) -> Callable[[Any], Any]:
    return lambda kept: words.get(kept, kept)


_EVENTS = {str(kind): name for kind, name in EVENT_NAMES.items()}
VALUE_WORDS: history.ValueWords = {
    ("sales", "channel"): _one_of(CHANNELS),
    ("sales", "invoice_details"): in_one_line,
    ("sales", "below_catalog"): lambda kept: percent_text(Decimal(kept)),
    ("sales", "lines"): lines_in_words,
    ("invoices", "access_key"): access_key_text,
    ("invoices", "rejection_code"): _one_of(RETURN_LABELS),
    ("invoice_events", "subject_name"): _one_of(_EVENTS),
    ("invoice_events", "kind"): _one_of(_EVENTS),
    ("shop", "review_policy"): _one_of(REVIEW_POLICIES),
    ("shop", "nfe_environment"): _one_of(ENVIRONMENTS),
    ("shop", "crt"): _one_of(TAX_REGIMES),
    ("shop", "pis_cofins"): _one_of(PIS_COFINS),
    ("shop", "ibs_cbs_choices"): choices_in_one_line,
    ("official_tables", "kind"): _one_of({"ncm": "NCM", "ibpt": "IBPT"}),
    ("tax_profile_versions", "nature"): _one_of(NATURES),
    ("tax_choices", "subject_name"): _one_of(TAXED_KINDS),
    ("tax_choices", "name"): _one_of(TAXED_KINDS),
    ("users", "locale"): _one_of(LOCALES),
    ("jobs", "queue"): _one_of(QUEUE_NAMES),
    ("jobs", "subject_name"): _one_of(QUEUE_NAMES),
    ("queues", "subject_name"): _one_of(QUEUE_NAMES),
    ("recurring_works", "subject_name"): _one_of(
        {name: work.label for name, work in RECURRING.items()}
    ),
    ("effects", "subject_name"): lambda kept: ACTIONS[kept].label if kept in ACTIONS else kept,
    ("rule_drafts", "when"): condition_words,
    ("rule_drafts", "then"): action_words,
    ("rule_drafts", "examples"): examples_words,
    ("rule_drafts", "scope"): _one_of(SCOPE_LABELS),
    ("rule_drafts", "event"): _one_of(EVENT_LABELS),
}
# What people are told in the bell; see webapp.notifications.telling.
NOTIFICATIONS = (MENTIONED_ON_ORDER, MENTIONED_ON_CUSTOMER, ALERT_OPENED, ALERT_RESOLVED)
BLUEPRINTS = [
    module.bp
    for module in (
        health,
        streams,
        presence,
        docs,
        dashboard,
        attention,
        staff,
        notifications,
        notes,
        audit,
        store,
        partners,
        authority,
        taxation,
        rehearsals,
        catalog,
        batches,
        bulk,
        counting,
        reordering,
        customers,
        customer_records,
        sales,
        invoices,
        imports,
        incoming,
        closings,
        series_pages,
        rules,
        parcels,
        labels,
        royalties,
        commissions,
        payments,
        memberships,
        tasks,
        messages,
        monitor,
        jobs,
        alerts,
        cause_pages,
        search,
        views,
        addresses_api,
        alerts_api,
        attention_api,
        authority_api,
        taxation_api,
        rehearsals_api,
        reordering_api,
        catalog_api,
        batches_api,
        bulk_api,
        counting_api,
        customers_api,
        customer_records_api,
        partners_api,
        sales_api,
        invoices_api,
        imports_api,
        closings_api,
        event_api,
        series_api,
        rules_api,
        parcels_api,
        memberships_api,
        commissions_api,
        tasks_api,
        messages_api,
        monitor_api,
        cause_api,
        search_api,
        processing_api,
        payments_api,
        notice_api,
        views_api,
        store_api,
    )
]
