"""Pages of staff: signing in, one's own account, people and tokens, the audit."""

from webapp.staff import account, audit, people, sign_in
from webapp.staff.blueprint import bp
from webapp.staff.sign_in import DEMO_PASSWORD, DEMO_USERS

__all__ = ["DEMO_PASSWORD", "DEMO_USERS", "account", "audit", "bp", "people", "sign_in"]
