"""From which figures on the shop's people are told: as the settings have it."""

from webapp.alerts.kinds import KINDS, Unit
from webapp.store.models import Shop


def limits_of(shop: Shop) -> dict[str, int | None]:
    """By kind; None: nobody wants to be told. What the shop has not set is as it is at first."""
    kept = shop.alert_limits
    return {key: kept.get(key, kind.limit) for key, kind in KINDS.items()}


def set_limits(shop: Shop, wanted: dict[str, int | bool | None]) -> None:
    """What is as at first is not kept, and follows the program's own value."""
    shop.alert_limits = {
        key: limit
        for key, kind in KINDS.items()
        if (limit := _as_limit(kind.unit, wanted[key])) != kind.limit
    }


def _as_limit(unit: Unit, wanted: int | bool | None) -> int | None:
    return (1 if wanted else None) if unit is Unit.STATE else wanted
