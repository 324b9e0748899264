"""The companies that an NF-e names beside shop and buyer."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, select, tuple_

from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.store.models import Partner, PartnerKind


def partners(kind: PartnerKind | None = None) -> Select[Any]:
    query: Select[Any] = select(Partner)
    return query.where(Partner.kind == kind) if kind else query


def partner_by_id(partner_id: int) -> Partner:
    """Raises NotFound."""
    partner = db.session.get(Partner, partner_id)
    if partner is None:
        raise NotFound(_("There is no such company."))
    return partner


def partners_named(
    names: Iterable[tuple[PartnerKind, str]],
) -> dict[tuple[PartnerKind, str], Partner]:
    """Those of these kinds and codes that the shop knows; nothing is asked for none."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    query = select(Partner).where(tuple_(Partner.kind, Partner.code).in_(wanted))
    return {(partner.kind, partner.code): partner for partner in db.session.scalars(query)}
