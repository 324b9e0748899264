"""An item that joins the sale free of charge."""

from flask_babel import lazy_gettext as _l

from webapp.catalog.models import OutOfStock
from webapp.processing.effects.base import EffectKind, register
from webapp.processing.effects.execution import Execution
from webapp.processing.effects.reversal import Reversal
from webapp.rules.models import Effect
from webapp.sales.placing import mark_sold, sale_line, take_line


@register
class Gift(EffectKind):
    """Undone with the last unit that brought it, or when it came back itself."""

    key = "add_item"
    name = _l("Gift %(sku)s")
    done_words = _l("Free item added: %(sku)s")
    icon = "gift"
    # The packing slip and the e-mails tell of the gifts' lines.
    comes_first = True

    def do(self, execution: Execution, effect: Effect) -> None:
        if effect.params.get("missing"):
            execution.open_task(effect, "gift_out_of_stock", sku=effect.params["sku"])
        elif execution.late:
            execution.open_task(effect, "gift_left_out", sku=effect.params["sku"])
        else:
            self._add(execution, effect)

    def _add(self, execution: Execution, effect: Effect) -> None:
        sale, sku, quantity = execution.sale, effect.params["sku"], effect.params["quantity"]
        product = execution.batch.product(sku)
        if product is None:
            raise LookupError(f"the product {sku} is gone")
        line = sale_line(effect.params["line"], product, quantity, gift=True)
        try:
            take_line(sale, line, "gift")
        except OutOfStock:
            # Somebody took the last one since the rules were judged.
            execution.open_task(effect, "gift_out_of_stock", sku=sku)
            return
        line.product = line.product | {"rule": effect.rule}
        mark_sold(product.id)
        sale.lines.append(line)

    def undo(self, reversal: Reversal, effect: Effect) -> None:
        gift = reversal.lines.get(effect.params.get("line", 0))
        gift_is_back = gift is not None and reversal.came_back(gift) == gift.quantity
        is_back = gift_is_back or reversal.is_back(effect)
        if effect.id in reversal.reversed or not is_back:
            return
        reversal.twin(effect)
        reversal.close_task(effect)
        if gift and not reversal.whole:
            reversal.units[gift.position] += gift.left
            gift.refunded = gift.quantity
