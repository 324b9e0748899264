"""What goes into the parcel."""

import datetime as dt
from collections.abc import Mapping, Sequence

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select

from webapp.fulfilment.parcels.models import PackingSlip, Parcel
from webapp.platform.database import db
from webapp.processing.effects.base import EffectKind, register
from webapp.processing.effects.execution import Execution
from webapp.processing.effects.reversal import Reversal
from webapp.rules.models import Effect
from webapp.sales.models import SaleLine, Shipping

DELIVERY_DAYS = 15


@register
class PackingSlipEffect(EffectKind):
    """One slip for the whole sale; each reversal takes items off it, as long as they have not
    shipped."""

    key = "packing_slip"
    name = _l("Packing slip")
    done_words = _l("Packing slip made")
    icon = "truck-delivery"

    def do(self, execution: Execution, effect: Effect) -> None:
        lines = execution.lines(effect)
        items = [slip_item(line) for line in lines]
        slip = PackingSlip(
            sale_id=execution.sale.id,
            items=items,
            weight_g=sum(item["weight_g"] for item in items),
            volumes=execution.sale.volumes or 1,
            expected_delivery=execution.paid + dt.timedelta(days=DELIVERY_DAYS),
            royalty_copy=any(line.royalty_percent and not line.gift for line in lines),
            released_at=None if execution.held else execution.now,
            parcel_rows=[Parcel()],
        )
        db.session.add(slip)
        execution.sale.move_parcel(Shipping.TO_PACK)

    def undo(self, reversal: Reversal, effect: Effect) -> None:
        query = select(PackingSlip).where(PackingSlip.sale_id == reversal.sale.id)
        slip = db.session.scalars(query.with_for_update()).one()
        # Taking items off a packed slip unpacks it.
        code = _task_code(reversal)
        items = _sent_back(reversal, slip) if reversal.sale.has_shipped else _off(reversal, slip)
        if not items:
            return
        units = [{"line": item["line"], "quantity": item["quantity"]} for item in items]
        twin = reversal.twin(effect, items=units)
        if reversal.sale.has_shipped:
            items = _still_out(items, reversal)
        if code and items:
            words = ", ".join(f"{item['quantity']} × {item['sku']}" for item in items)
            reversal.open_task(twin, code, items=words)

    def undoing_text(self, twin: Effect, skus: Mapping[int, str]) -> str:
        return ngettext(
            "%(num)s item comes off the packing slip.",
            "%(num)s items come off the packing slip.",
            _units(twin),
        )

    def undone_text(self, twin: Effect) -> str:
        return ngettext("%(num)s item taken off", "%(num)s items taken off", _units(twin))

    def undone_label(self, effect: Effect, twins: Sequence[Effect]) -> str:
        return ""


def slip_item(line: SaleLine) -> dict:
    """`parts`: what to pick for each, of a kit."""
    item = {
        "line": line.position,
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "weight_g": line.product["weight_g"] * line.quantity,
    }
    parts = [
        {name: part[name] for name in ("sku", "name", "quantity")}
        for part in line.product.get("parts", ())
    ]
    return item | {"parts": parts} if parts else item


def _sent_back(reversal: Reversal, slip: PackingSlip) -> list[dict]:
    """The items that come back with this event; the slip stays as what was shipped."""
    return [
        item | {"quantity": reversal.units[item["line"]]}
        for item in slip.items
        if reversal.units[item["line"]]
    ]


def _still_out(items: list[dict], reversal: Reversal) -> list[dict]:
    out = [
        item | {"quantity": item["quantity"] - reversal.here.get(item["line"], 0)} for item in items
    ]
    return [item for item in out if item["quantity"] > 0]


def _off(reversal: Reversal, slip: PackingSlip) -> list[dict]:
    if reversal.whole:
        return slip.items
    return slip.keep({line.position: line.left for line in reversal.sale.lines})


def _task_code(reversal: Reversal) -> str:
    """What a person has to do about the parcel; empty when nothing."""
    if reversal.sale.has_shipped:
        return "goods_to_come_back"
    if reversal.sale.shipping is not Shipping.PACKED:
        return ""
    return "unpack" if reversal.whole else "repack"


def _units(twin: Effect) -> int:
    return sum(item["quantity"] for item in twin.params["items"])
