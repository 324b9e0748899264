"""Writing versions of tax profiles, answering for them, and choosing who takes which."""

import datetime as dt
from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from webapp.audit.tracking import actor
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.store.queries import the_shop
from webapp.taxation.book import tax_book_changed
from webapp.taxation.forms import CategoryChoiceIn, DefaultsIn, TaxProfileIn
from webapp.taxation.models import TaxChoice, TaxProfileVersion
from webapp.taxation.queries import (
    choice_of,
    is_profile,
    issuer_today,
    shop_regime,
    versions_of,
)
from webapp.taxation.words import CSOSN, ICMS

COPIED = tuple(name for name in TaxProfileIn.model_fields if name != "nature")
# Of a MEI, CRT 4: rule N12a-80, code 782.
MEI, MEI_CSOSN = "4", ("102", "300", "400", "900")


class SecondVersion(Refusal):
    """Two versions of one profile for one day."""

    field = "valid_from"


def write_version(wanted: TaxProfileIn, last_issued: dt.date | None) -> TaxProfileVersion:
    """A new version, which holds from its first day on; the first of its code makes the profile.

    `last_issued` is the day of the shop's latest NF-e. Raises Invalid, and SecondVersion.
    """
    earlier = db.session.scalars(
        select(TaxProfileVersion).where(TaxProfileVersion.code == wanted.code)
    ).all()
    _refuse_other_regime(wanted, earlier)
    of_regime = [version for version in earlier if version.regime == wanted.regime]
    _refuse_second(of_regime, wanted.valid_from)
    holds = any(version.valid_from <= wanted.valid_from for version in of_regime)
    refuse_past(wanted.valid_from, last_issued, holds)
    version = TaxProfileVersion(
        number=max((each.number for each in earlier), default=0) + 1,
        regime=wanted.regime,
        nature=wanted.wanted_nature,
        signed_only=any(version.signed_off_at for version in of_regime),
        **{name: getattr(wanted, name) for name in COPIED},
    )
    db.session.add(version)
    tax_book_changed()
    return version


def _refuse_second(versions: Sequence[TaxProfileVersion], day: dt.date) -> None:
    if any(version.valid_from == day for version in versions):
        raise SecondVersion(
            _l(
                "This profile has a version from this day on already. Choose another day, or take "
                "that version back if it has not begun."
            )
        )


def _refuse_other_regime(wanted: TaxProfileIn, earlier: Sequence[TaxProfileVersion]) -> None:
    """Raises Invalid where the profile would have nothing to say for the shop's own regime."""
    own, crt = shop_regime(), the_shop().crt
    if own != wanted.regime and not any(version.regime == own for version in earlier):
        message = (
            _("The shop is in Simples (CRT %(crt)s): choose a CSOSN (%(codes)s).")
            if own == "simples"
            else _(
                "The shop's ICMS is that of the normal regime (CRT %(crt)s): choose a CST "
                "(%(codes)s)."
            )
        )
        codes = ", ".join(ICMS[own])
        raise Invalid([FieldError("icms", message % {"crt": crt, "codes": codes})])
    if crt == MEI and wanted.icms in CSOSN and wanted.icms not in MEI_CSOSN:
        message = _("A MEI has the CSOSN %(codes)s only.", codes=", ".join(MEI_CSOSN))
        raise Invalid([FieldError("icms", message)])


def refuse_past(
    first_day: dt.date, last_issued: dt.date | None, replaces: bool, field: str = "valid_from"
) -> None:
    """Raises Invalid for a first day on which, or after which, an NF-e was issued by what holds
    until now: issued notes do not change. Today is never past: what is on its way takes the new
    one."""
    if replaces and last_issued and first_day <= last_issued and first_day < issuer_today():
        message = _(
            "NF-e were issued after this day, by what held then; they do not change. Choose today "
            "or a later day."
        )
        raise Invalid([FieldError(field, message)])


def sign_off(version: TaxProfileVersion) -> None:
    """Whoever acts answers for the version, which holds from now on if it waited for that. Said
    twice, the first time stays. Raises SecondVersion."""
    if version.signed_off_at is not None:
        return
    today = issuer_today()
    if version.waits and version.valid_from < today:
        others = versions_of(version.code)
        _refuse_second([each for each in others if each.regime == version.regime], today)
    version.sign_off(actor(), today)
    tax_book_changed()


def withdraw(version: TaxProfileVersion, last_issued: dt.date | None) -> None:
    """Takes a version back by which no NF-e can have been issued yet. Raises Refusal."""
    if last_issued and version.valid_from <= last_issued and not version.waits:
        raise Refusal(
            _l("This version holds already, and NF-e were issued since: write a new version.")
        )
    others = select(func.count()).where(
        TaxProfileVersion.code == version.code, TaxProfileVersion.id != version.id
    )
    if not db.session.scalar(others) and _is_chosen(version.code):
        raise Refusal(_l("It is the profile's only version, and the profile is chosen somewhere."))
    db.session.delete(version)
    tax_book_changed()


def _is_chosen(code: str) -> bool:
    return db.session.scalar(select(TaxChoice.id).where(TaxChoice.profile == code)) is not None


def choose_defaults(wanted: DefaultsIn) -> None:
    """The profiles of what has no other. Raises Invalid for a code that no profile has."""
    chosen = wanted.model_dump()
    unknown = [
        FieldError(kind, _no_such(code)) for kind, code in chosen.items() if not is_profile(code)
    ]
    if unknown:
        raise Invalid(unknown)
    for kind, code in chosen.items():
        _choose("default", kind, code)
    tax_book_changed()


def choose_for_category(wanted: CategoryChoiceIn) -> None:
    """Raises Invalid for a code that no profile has."""
    if wanted.profile is None:
        choice = choice_of("category", wanted.category)
        if choice is not None:
            db.session.delete(choice)
    elif not is_profile(wanted.profile):
        raise Invalid([FieldError("profile", _no_such(wanted.profile))])
    else:
        _choose("category", wanted.category, wanted.profile)
    tax_book_changed()


def _choose(of: str, name: str, code: str) -> None:
    choice = choice_of(of, name)
    if choice is None:
        db.session.add(TaxChoice(of=of, name=name, profile=code))
    else:
        choice.profile = code


def _no_such(code: str) -> str:
    return _("There is no tax profile with the code %(code)s.", code=code)
