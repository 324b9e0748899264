"""The companies that an NF-e names beside shop and buyer."""

import re
from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select, tuple_

from webapp.platform.database import db
from webapp.platform.rows import row_by_id
from webapp.store.models import CODE, Partner, PartnerKind

CORREIOS_LINK = "https://rastreamento.correios.com.br/app/index.php?objetos={code}"
# UPU's S10, of Brazil's post.
_OF_CORREIOS = re.compile(r"[A-Z]{2}[0-9]{9}BR", re.ASCII)


def partners(kind: PartnerKind | None = None) -> Select[Any]:
    query: Select[Any] = select(Partner)
    return query.where(Partner.kind == kind) if kind else query


def partner_by_id(partner_id: int) -> Partner:
    """Raises NotFound."""
    return row_by_id(Partner, partner_id, _l("There is no such company."))


def carriers() -> list[Partner]:
    """Those that a parcel may be handed to; a shop has few."""
    query = partners(PartnerKind.CARRIER).order_by(Partner.name, Partner.id)
    return list(db.session.scalars(query))


def carrier_named(name: str, among: Iterable[Partner] | None = None) -> Partner | None:
    """As a person or a program writes who has a parcel: by name or code, in any case."""
    named = name.strip().casefold()
    known = (carriers() if among is None else among) if named else ()
    return next((each for each in known if named in (each.name.casefold(), each.code)), None)


def tracking_url(carrier: str, code: str, among: Iterable[Partner] | None = None) -> str:
    """Where a parcel is followed: as its carrier's declaration says, else a code of the Correios at
    the Correios; blank where nobody knows."""
    partner = carrier_named(carrier, among) if code else None
    if partner and partner.tracking_link:
        return partner.tracking_url(code)
    return CORREIOS_LINK.replace(CODE, code) if _OF_CORREIOS.fullmatch(code) else ""


def partners_named(
    names: Iterable[tuple[PartnerKind, str]],
) -> dict[tuple[PartnerKind, str], Partner]:
    """Those of these kinds and codes that the shop knows; nothing is asked for none."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    query = select(Partner).where(tuple_(Partner.kind, Partner.code).in_(wanted))
    return {(partner.kind, partner.code): partner for partner in db.session.scalars(query)}
