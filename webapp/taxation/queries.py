"""Questions about tax profiles, rates and the values of the calendar."""

import datetime as dt
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Select, case, func, select

from webapp.fiscal.tax_book import REGIMES
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.store.queries import issuer_day, the_shop
from webapp.taxation.models import (
    CalendarValue,
    OfficialTable,
    SchemaPackage,
    StateRate,
    TaxChoice,
    TaxProfileVersion,
)


def issuer_today() -> dt.date:
    """Today in the zone of the issuer's state, in which an NF-e has its day."""
    return issuer_day(utc_now())


def shop_regime() -> str:
    """ "simples" or "normal"."""
    return REGIMES[the_shop().crt]


def profiles(regime: str) -> Select:
    """Of each profile the version written last: of the regime's, where there is one."""
    own = case((TaxProfileVersion.regime == regime, TaxProfileVersion.id))
    newest = select(func.coalesce(func.max(own), func.max(TaxProfileVersion.id)))
    return select(TaxProfileVersion).where(
        TaxProfileVersion.id.in_(newest.group_by(TaxProfileVersion.code))
    )


# Of versions: the others wait for a signature.
HOLDS = ~TaxProfileVersion.signed_only | TaxProfileVersion.signed_off_at.is_not(None)


def versions_of(code: str) -> list[TaxProfileVersion]:
    """The newest first. Raises NotFound."""
    query = select(TaxProfileVersion).where(TaxProfileVersion.code == code)
    found = list(db.session.scalars(query.order_by(TaxProfileVersion.number.desc())))
    if not found:
        raise NotFound(_("There is no tax profile with this code."))
    return found


def version_in_force(code: str, regime: str) -> TaxProfileVersion | None:
    """Today's."""
    query = select(TaxProfileVersion).where(
        TaxProfileVersion.code == code,
        TaxProfileVersion.regime == regime,
        TaxProfileVersion.valid_from <= issuer_today(),
        HOLDS,
    )
    return db.session.scalar(query.order_by(TaxProfileVersion.valid_from.desc()).limit(1))


def version_of(code: str, version_id: int) -> TaxProfileVersion:
    version = db.session.get(TaxProfileVersion, version_id)
    if version is None or version.code != code:
        raise NotFound(_("There is no such version of this tax profile."))
    return version


def profile_names() -> dict[str, str]:
    """The names of all profiles by code, as their latest version has them."""
    query = select(TaxProfileVersion.code, TaxProfileVersion.name)
    return {code: name for code, name in db.session.execute(query.order_by(TaxProfileVersion.id))}


def is_profile(code: str) -> bool:
    query = select(TaxProfileVersion.id).where(TaxProfileVersion.code == code).limit(1)
    return db.session.scalar(query) is not None


def default_choices() -> dict[str, str]:
    query = select(TaxChoice.name, TaxChoice.profile).where(TaxChoice.of == "default")
    return {name: profile for name, profile in db.session.execute(query)}


class ChosenFor(NamedTuple):
    """The kinds of item, and the categories, that a profile was chosen for."""

    kinds: list[str]
    categories: int


def chosen_for() -> dict[str, ChosenFor]:
    """By the code of the profile."""
    found: dict[str, ChosenFor] = {}
    for kind, code in default_choices().items():
        found.setdefault(code, ChosenFor([], 0)).kinds.append(kind)
    query = select(TaxChoice.profile, func.count()).where(TaxChoice.of == "category")
    for code, count in db.session.execute(query.group_by(TaxChoice.profile)):
        found[code] = ChosenFor(found[code].kinds if code in found else [], count)
    return found


def category_choices() -> Select:
    return select(TaxChoice).where(TaxChoice.of == "category")


def choice_of(of: str, name: str) -> TaxChoice | None:
    return db.session.scalar(select(TaxChoice).where(TaxChoice.of == of, TaxChoice.name == name))


def own_rates() -> Select:
    """What the shop wrote over the built-in rates."""
    return select(StateRate)


def own_states() -> set[str]:
    """The states whose rates the shop wrote itself."""
    return set(
        db.session.scalars(select(StateRate.state).where(StateRate.ncm == "", StateRate.sku == ""))
    )


def rate_by_key(state: str, ncm: str, sku: str, valid_from: dt.date) -> StateRate | None:
    query = select(StateRate).where(
        StateRate.state == state,
        StateRate.ncm == ncm,
        StateRate.sku == sku,
        StateRate.valid_from == valid_from,
    )
    return db.session.scalar(query)


def value_from(code: str, day: dt.date) -> CalendarValue | None:
    query = select(CalendarValue).where(CalendarValue.code == code, CalendarValue.valid_from == day)
    return db.session.scalar(query)


def schema_packages() -> Select:
    """The newest first; none of what is in them is read."""
    return select(SchemaPackage).order_by(SchemaPackage.valid_from.desc())


def official_tables() -> Select:
    """Of NCM and of IBPT, by state and the newest first; none of what is in them is read."""
    return select(OfficialTable).order_by(
        OfficialTable.kind, OfficialTable.state, OfficialTable.valid_from.desc()
    )
