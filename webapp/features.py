"""Every feature's pages and calls; a new feature is one line here."""

from webapp import docs, health, streams
from webapp.addresses import api as addresses_api
from webapp.catalog import api as catalog_api
from webapp.catalog import routes as catalog
from webapp.customers import api as customers_api
from webapp.customers import routes as customers
from webapp.dashboard import routes as dashboard
from webapp.fulfilment import api as fulfilment_api
from webapp.fulfilment import routes as fulfilment
from webapp.invoices import api as invoices_api
from webapp.invoices import routes as invoices
from webapp.messages import api as messages_api
from webapp.messages import routes as messages
from webapp.monitor import api as monitor_api
from webapp.monitor import routes as monitor
from webapp.processing import api as processing_api
from webapp.processing import routes as processing
from webapp.rules import api as rules_api
from webapp.rules import routes as rules
from webapp.sales import api as sales_api
from webapp.sales import routes as sales
from webapp.search import routes as search
from webapp.staff import routes as staff
from webapp.store import routes as store

BLUEPRINTS = [
    module.bp
    for module in (
        health,
        streams,
        docs,
        dashboard,
        staff,
        store,
        catalog,
        customers,
        sales,
        processing,
        invoices,
        rules,
        fulfilment,
        messages,
        monitor,
        search,
        addresses_api,
        catalog_api,
        customers_api,
        sales_api,
        invoices_api,
        rules_api,
        fulfilment_api,
        messages_api,
        monitor_api,
        processing_api,
    )
]
