"""Every list that can be had as a file, kept as a view or sent on a schedule; a new one is one line
here."""

from webapp.alerts.pages import PAST_ALERTS
from webapp.audit.pages import AUDIT
from webapp.batches.listing import BATCH_ROWS, BATCHES
from webapp.bulk.pages import BULK_ACTS, BULK_ROWS
from webapp.catalog.listing import MOVEMENTS, PRODUCTS
from webapp.counting.listing import COUNT_LINES, COUNTS
from webapp.customer_records.pages import DUPLICATES
from webapp.customers.listing import AGENTS, CUSTOMERS
from webapp.fulfilment.commissions.listing import AGENT_COMMISSIONS, COMMISSIONS
from webapp.fulfilment.memberships.listing import MEMBERSHIP_CHANGES, MEMBERSHIPS
from webapp.fulfilment.parcels.listing import SLIPS
from webapp.fulfilment.royalties.listing import ROYALTIES
from webapp.fulfilment.tasks.listing import TASKS
from webapp.imports.pages import IMPORT_ROWS, IMPORTS
from webapp.incoming.listing import INCOMING
from webapp.invoice_pages.listing import INVOICES
from webapp.messages.listing import MESSAGES
from webapp.monitor.attempts import ATTEMPTS
from webapp.monitor.weighing import CAUSES
from webapp.payments.listing import FEES, FINDINGS, NOTICES, STATEMENTS
from webapp.reordering.listing import REORDER
from webapp.rules.pages.versions import RULE_VERSIONS
from webapp.sale_pages.export import CUSTOMER_SALES, SALES
from webapp.store.partners.pages import PARTNERS
from webapp.taxation.listing import CATEGORY_PROFILES, STATE_RATES, TAX_PROFILES

LISTINGS = (
    SALES,
    BULK_ACTS,
    BULK_ROWS,
    PRODUCTS,
    MOVEMENTS,
    REORDER,
    COUNTS,
    COUNT_LINES,
    BATCHES,
    BATCH_ROWS,
    IMPORTS,
    IMPORT_ROWS,
    CUSTOMERS,
    DUPLICATES,
    CUSTOMER_SALES,
    AGENTS,
    MEMBERSHIPS,
    MEMBERSHIP_CHANGES,
    INVOICES,
    INCOMING,
    SLIPS,
    ROYALTIES,
    COMMISSIONS,
    AGENT_COMMISSIONS,
    TASKS,
    MESSAGES,
    FINDINGS,
    STATEMENTS,
    NOTICES,
    FEES,
    TAX_PROFILES,
    CATEGORY_PROFILES,
    STATE_RATES,
    RULE_VERSIONS,
    PARTNERS,
    ATTEMPTS,
    CAUSES,
    PAST_ALERTS,
    AUDIT,
)
