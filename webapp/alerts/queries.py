"""The alerts that people were told of."""

from sqlalchemy import Select, select

from webapp.alerts.models import OPEN, Alert


def open_alerts() -> Select:
    return select(Alert).where(OPEN, Alert.told_at.is_not(None))


def past_alerts() -> Select:
    return select(Alert).where(Alert.resolved_at.is_not(None))


def told_alerts() -> Select:
    return select(Alert).where(Alert.told_at.is_not(None))


def open_ids() -> Select:
    return open_alerts().with_only_columns(Alert.id)
