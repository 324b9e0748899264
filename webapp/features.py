"""Every feature's pages and calls; a new feature is one line here."""

from webapp.addresses import api as addresses_api
from webapp.audit import pages as audit
from webapp.catalog import api as catalog_api
from webapp.catalog import pages as catalog
from webapp.customers import api as customers_api
from webapp.customers import pages as customers
from webapp.dashboard import pages as dashboard
from webapp.fulfilment.commissions import api as commissions_api
from webapp.fulfilment.commissions import pages as commissions
from webapp.fulfilment.memberships import api as memberships_api
from webapp.fulfilment.memberships import pages as memberships
from webapp.fulfilment.memberships.history import MEMBERSHIP_EVENTS
from webapp.fulfilment.parcels import api as parcels_api
from webapp.fulfilment.parcels import pages as parcels
from webapp.fulfilment.royalties import pages as royalties
from webapp.fulfilment.tasks import api as tasks_api
from webapp.fulfilment.tasks import pages as tasks
from webapp.invoice_pages import api as invoices_api
from webapp.invoice_pages import pages as invoices
from webapp.invoices.history import INVOICE_EVENTS
from webapp.messages import api as messages_api
from webapp.messages import pages as messages
from webapp.monitor import api as monitor_api
from webapp.monitor import pages as monitor
from webapp.rules import api as rules_api
from webapp.rules import pages as rules
from webapp.sale_pages import api as sales_api
from webapp.sale_pages import pages as sales
from webapp.sale_pages import undo_api as processing_api
from webapp.sales.history import REFUND_EVENTS, SALE_EVENTS
from webapp.search import pages as search
from webapp.staff import pages as staff
from webapp.store import pages as store
from webapp.web.pages import docs, health, streams

# How the audit of each feature is told; see webapp.audit.history.
VOCABULARIES = (SALE_EVENTS, REFUND_EVENTS, INVOICE_EVENTS, MEMBERSHIP_EVENTS)
BLUEPRINTS = [
    module.bp
    for module in (
        health,
        streams,
        docs,
        dashboard,
        staff,
        audit,
        store,
        catalog,
        customers,
        sales,
        invoices,
        rules,
        parcels,
        royalties,
        commissions,
        memberships,
        tasks,
        messages,
        monitor,
        search,
        addresses_api,
        catalog_api,
        customers_api,
        sales_api,
        invoices_api,
        rules_api,
        parcels_api,
        memberships_api,
        commissions_api,
        tasks_api,
        messages_api,
        monitor_api,
        processing_api,
    )
]
