"""What a new shop does first."""

from typing import NamedTuple

from flask import url_for
from flask_babel import gettext as _

from webapp.catalog.models import Product
from webapp.dashboard.queries import anything_of
from webapp.staff.access import may
from webapp.store.queries import the_shop


class FirstStep(NamedTuple):
    """`role` may do it; `action` labels the button that leads to `href`."""

    role: str
    title: str
    text: str
    href: str
    action: str
    done: bool = False


def first_steps() -> list[FirstStep]:
    """Of all steps those that the person may do."""
    return [step for step in _all_steps() if may(step.role)]


def _all_steps() -> tuple[FirstStep, ...]:
    return (
        FirstStep(
            "admin",
            _("Fill in the company details"),
            _("CNPJ, address and tax regime of the issuer, as they stand on the NF-e."),
            url_for("store.settings_page"),
            _("Open the settings"),
            done=bool(the_shop().cnpj),
        ),
        FirstStep(
            "clerk",
            _("Add your products"),
            _("With price, stock and NCM, so that the NF-e can be built."),
            url_for("catalog.index"),
            _("Add products"),
            done=anything_of(Product),
        ),
        FirstStep(
            "clerk",
            _("Enter an order"),
            _("By hand; its address, rules and NF-e follow by themselves."),
            url_for("sales.new"),
            _("New order"),
        ),
        FirstStep(
            "admin",
            _("Connect your online store"),
            _("With an API token, your site hands its orders over by itself."),
            url_for("staff.index"),
            _("Make a token"),
        ),
    )
