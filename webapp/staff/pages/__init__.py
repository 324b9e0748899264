"""Pages of staff: signing in, one's own account, people and tokens."""

from webapp.staff.pages import account, people, proof, sign_in
from webapp.staff.pages.blueprint import bp

__all__ = ["account", "bp", "people", "proof", "sign_in"]
