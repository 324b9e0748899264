"""What the author of an item earns."""

from flask_babel import lazy_gettext as _l

from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.platform.database import db
from webapp.platform.money import ZERO, percent_of
from webapp.processing.effects.base import EffectKind, register
from webapp.processing.effects.execution import Execution
from webapp.processing.effects.reversal import Reversal
from webapp.rules.models import Effect


@register
class Royalty(EffectKind):
    """One slip for a line, which settles the amount; a negative one for each reversal."""

    key = "royalty_slip"
    name = _l("Royalty")
    done_words = _l("Royalty of %(amount)s")
    icon = "receipt"

    def do(self, execution: Execution, effect: Effect) -> None:
        (line,) = execution.lines(effect)
        percent = line.royalty_percent or ZERO
        effect.amount = percent_of(line.total, percent)
        db.session.add(
            RoyaltySlip(
                sale_id=execution.sale.id,
                effect=effect,
                month=execution.month,
                sku=line.sku,
                name=line.name,
                author=line.product["author"],
                quantity=line.quantity,
                base=line.total,
                percent=percent,
                amount=effect.amount,
            )
        )

    def undo(self, reversal: Reversal, effect: Effect) -> None:
        part = reversal.part(effect)
        if part is None:
            return
        slip = reversal.records(RoyaltySlip)[effect.id]
        twin = reversal.twin(effect, -part.of(slip.amount), units=part.units)
        db.session.add(
            RoyaltySlip(
                sale_id=reversal.sale.id,
                effect=twin,
                month=reversal.month,
                sku=slip.sku,
                name=slip.name,
                author=slip.author,
                quantity=-part.units,
                base=-part.of(slip.base),
                percent=slip.percent,
                amount=twin.amount,
            )
        )
