"""Pages of what the rules bring about, gathered from its features."""

from webapp.fulfilment.blueprint import bp
from webapp.fulfilment.commissions import pages as commissions
from webapp.fulfilment.memberships import pages as memberships
from webapp.fulfilment.parcels import pages as parcels
from webapp.fulfilment.royalties import pages as royalties
from webapp.fulfilment.tasks import pages as tasks

__all__ = ["bp", "commissions", "memberships", "parcels", "royalties", "tasks"]
