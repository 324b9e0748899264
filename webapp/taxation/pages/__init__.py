"""Pages of taxes: profiles and who takes them, rates of states, the fiscal calendar."""

from webapp.taxation.pages import calendar, profiles, rates
from webapp.taxation.pages.blueprint import bp

__all__ = ["bp", "calendar", "profiles", "rates"]
