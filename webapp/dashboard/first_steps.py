"""The guide of a shop's first days: what is to be done, and what of it really is."""

from typing import Any, NamedTuple

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Exists, Select, exists, func, select

from webapp.authority.certificates import Source, signing_hold, source
from webapp.catalog.filters import ProductFilter, ProductView
from webapp.catalog.models import Product
from webapp.catalog.queries import products
from webapp.http.lists import bounded_count, count_text
from webapp.platform.database import db
from webapp.sales.models import Sale, Status
from webapp.staff.access import may
from webapp.staff.models import User
from webapp.staff.queries import tokens_in_use
from webapp.store.models import Shop


class FirstStep(NamedTuple):
    """`role` may do it; `action` labels the button that leads to `href`."""

    role: str
    title: str
    text: str
    href: str
    action: str
    done: bool = False
    optional: bool = False


class Guide(NamedTuple):
    """The steps that the person may do. `rehearses`: no real authority answers this shop."""

    steps: list[FirstStep]
    rehearses: bool

    @property
    def done(self) -> int:
        return sum(step.done for step in self.needed)

    @property
    def needed(self) -> list[FirstStep]:
        return [step for step in self.steps if not step.optional]

    @property
    def is_done(self) -> bool:
        return self.done == len(self.needed)


def guide_for(shop: Shop) -> Guide | None:
    """None once it was put away, and for whom nothing of it is theirs to do. Whoever may put it
    away sees also that all is done."""
    if shop.guide_closed:
        return None
    steps = [step for step in _all_steps(shop) if may(step.role)]
    guide = Guide(steps, current_app.extensions["settings"].nfe_authority == "sandbox")
    return guide if steps and (may("admin") or not guide.is_done) else None


class _Facts(NamedTuple):
    """What there is, asked in one statement."""

    any_product: bool
    complete_product: bool
    incomplete_product: bool
    processed_sale: bool
    colleague: bool
    token: bool


def _facts() -> _Facts:
    def any_of(query: Select[Any]) -> Exists:
        return exists(query.with_only_columns(1).order_by(None))

    complete = products(ProductFilter(view=ProductView.ALL)).where(
        ~Product.on_nfe | (Product.ncm != "")
    )
    active = select(func.count()).select_from(User).where(User.active)
    found = db.session.execute(
        select(
            any_of(products(ProductFilter(view=ProductView.ALL))),
            any_of(complete),
            any_of(products(ProductFilter(view=ProductView.NO_NCM))),
            any_of(select(Sale).where(Sale.status.in_((Status.INVOICED, Status.COMPLETED)))),
            active.scalar_subquery() > 1,
            any_of(tokens_in_use()),
        )
    ).one()
    return _Facts(*map(bool, found))


def _all_steps(shop: Shop) -> tuple[FirstStep, ...]:
    facts, settings = _facts(), current_app.extensions["settings"]
    return (
        FirstStep(
            "admin",
            _("Fill in the company details"),
            _("CNPJ, address and tax regime of the issuer, as they stand on the NF-e."),
            url_for("store.settings_page"),
            _("Open the settings"),
            done=bool(shop.cnpj),
        ),
        FirstStep(
            "clerk",
            _("Add your products"),
            _("From a spreadsheet or another program, or by hand: with price, stock and NCM."),
            url_for("imports.import_list", kind="products"),
            _("Import products"),
            done=facts.complete_product,
        ),
        FirstStep(
            "clerk",
            _("Complete the NCM of each product"),
            _lacking() if facts.incomplete_product else _("Without it no NF-e can be built."),
            url_for("catalog.index", view="no_ncm"),
            _("See the products"),
            done=facts.any_product and not facts.incomplete_product,
        ),
        FirstStep(
            "clerk",
            _("Enter an order and follow it"),
            _("By hand, for a try; its address, rules and NF-e follow by themselves."),
            url_for("sales.new"),
            _("New order"),
            done=facts.processed_sale,
        ),
        FirstStep(
            "admin",
            _("Install the digital certificate (A1)"),
            _("Its PFX file, with its password. Until then a test certificate signs."),
            url_for("store.settings_page", _anchor="certificate"),
            _("Install the certificate"),
            done=_has_certificate(),
        ),
        FirstStep(
            "admin",
            _("Set up the sending of e-mails"),
            _("SMTP_URL names the mail server. Until then e-mails are kept and can be read."),
            url_for("messages.index"),
            _("See the e-mails"),
            done=bool(settings.smtp_url),
        ),
        FirstStep(
            "admin",
            _("Add your colleagues"),
            _("Each with a sign-in of their own, and only what their role needs."),
            url_for("staff.index"),
            _("Add a person"),
            done=facts.colleague,
        ),
        FirstStep(
            "admin",
            _("Connect your online store"),
            _("With an API token, your site hands its orders over by itself."),
            url_for("staff.index"),
            _("Make a token"),
            done=facts.token,
            optional=True,
        ),
    )


def _lacking() -> str:
    count = bounded_count(
        products(ProductFilter(view=ProductView.NO_NCM)).with_only_columns(Product.id)
    )
    return ngettext("%(shown)s lacks it.", "%(shown)s lack it.", count, shown=count_text(count))


def _has_certificate() -> bool:
    """Its own: the one for tests, which Balcão makes by itself, is nobody's work."""
    return source() in (Source.ENVIRONMENT, Source.SETTINGS) and signing_hold() is None
