"""Pages of staff: signing in, one's own account, people and tokens."""

from webapp.staff.pages import account, people, sign_in
from webapp.staff.pages.blueprint import bp
from webapp.staff.pages.sign_in import DEMO_PASSWORD, DEMO_USERS

__all__ = ["DEMO_PASSWORD", "DEMO_USERS", "account", "bp", "people", "sign_in"]
