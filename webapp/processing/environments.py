"""From the test environment into production, and back while nothing was issued there.

The two have ledgers of their own: what was numbered for tests is set aside under series that no
NF-e can have, and each series goes on in production from where it stood there.
"""

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import exists, func, or_, select, update

from webapp.invoices.models import (
    TEST_SERIES,
    ForeignNumber,
    Invoice,
    InvoiceEvent,
    InvoiceStatus,
    InvoiceSum,
    Voiding,
)
from webapp.platform.database import Model, db
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.store.forms import EnvironmentIn
from webapp.store.models import PRODUCTION, Series, SkippedNumbers
from webapp.store.queries import the_shop

# Whatever tells of a number of a series.
NUMBERED: tuple[type[Model], ...] = (Invoice, ForeignNumber, Voiding, SkippedNumbers)
# A month as sums are added up by, 2026-11, and how those of tests have it, 2026T11: they are no
# month's.
MONTH_SIGNS = ("-", "T")


def change_environment(wanted: EnvironmentIn) -> None:
    """Said twice, it is changed once. Raises Invalid where another CNPJ was typed, and Refusal."""
    shop = the_shop()
    if wanted.typed_cnpj != shop.cnpj:
        raise Invalid([FieldError("typed_cnpj", _("This is not the shop's CNPJ."))])
    if wanted.environment == shop.nfe_environment:
        return
    _refuse_what_is_set(wanted.environment)
    # Whoever takes a number waits for us, or we for them.
    every = db.session.scalars(select(Series).order_by(Series.id).with_for_update()).all()
    _refuse_unanswered()
    if wanted.environment == PRODUCTION:
        _set_aside(TEST_SERIES, *MONTH_SIGNS)
    else:
        _refuse_after_the_first()
        _set_aside(-TEST_SERIES, *reversed(MONTH_SIGNS))
    for series in every:
        series.change_environment()
    shop.nfe_environment = wanted.environment


def _refuse_what_is_set(environment: str) -> None:
    settings = current_app.extensions["settings"]
    if settings.nfe_environment_from_env and environment != settings.nfe_environment:
        raise Refusal(_("The environment sets NFE_ENVIRONMENT; it cannot be changed here."))
    if environment == PRODUCTION and settings.nfe_authority == "sandbox":
        raise Refusal(
            _(
                "The simulated SEFAZ answers this shop (NFE_AUTHORITY): nothing that it authorizes "
                "has fiscal value."
            )
        )


def _refuse_unanswered() -> None:
    sending = exists().where(Invoice.status == InvoiceStatus.SENDING)
    papers = (exists().where(model.due_at.is_not(None)) for model in (InvoiceEvent, Voiding))
    if db.session.scalar(select(or_(sending, *papers))):
        raise Refusal(
            _("An NF-e is at SEFAZ and its answer is not known yet. Try again in a moment.")
        )


def _refuse_after_the_first() -> None:
    numbered = select(Invoice.id).where(Invoice.number.is_not(None), Invoice.series < TEST_SERIES)
    if db.session.scalar(numbered.limit(1)):
        raise Refusal(
            _(
                "This shop has issued with fiscal value. To try something, bring a backup back "
                "elsewhere."
            )
        )


def _set_aside(by: int, sign: str, other: str) -> None:
    for model in NUMBERED:
        series = model.__table__.c.series
        moved = update(model.__table__).where(series.is_not(None)).values(series=series + by)
        db.session.execute(moved)
    table = InvoiceSum.__table__
    db.session.execute(update(table).values(month=func.replace(table.c.month, sign, other)))
