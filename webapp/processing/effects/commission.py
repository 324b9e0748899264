"""What the selling agent earns."""

from decimal import Decimal

from flask_babel import lazy_gettext as _l

from webapp.fulfilment.commissions.models import Commission
from webapp.platform.database import db
from webapp.platform.money import cents
from webapp.processing.effects.base import EffectKind, register
from webapp.processing.effects.execution import Execution
from webapp.processing.effects.reversal import Reversal
from webapp.rules.models import Effect


@register
class CommissionEffect(EffectKind):
    """One commission for a line, of the amount decided; a negative one for each reversal."""

    key = "commission"
    name = _l("Commission")
    done_words = _l("Commission of %(amount)s")
    icon = "coin"

    def do(self, execution: Execution, effect: Effect) -> None:
        sale = execution.sale
        (line,) = execution.lines(effect)
        percent = effect.params["percent"]
        db.session.add(
            Commission(
                sale_id=sale.id,
                effect=effect,
                month=execution.month,
                agent_code=sale.agent_code,
                agent_name=sale.agent_name,
                sku=line.sku,
                base=line.total,
                percent=sale.agent_percent if percent == "agent" else cents(Decimal(percent)),
                amount=effect.amount,
            )
        )

    def undo(self, reversal: Reversal, effect: Effect) -> None:
        part = reversal.part(effect)
        if part is None:
            return
        paid = reversal.records(Commission)[effect.id]
        twin = reversal.twin(effect, -part.of(paid.amount), units=part.units)
        db.session.add(
            Commission(
                sale_id=reversal.sale.id,
                effect=twin,
                month=reversal.month,
                agent_code=paid.agent_code,
                agent_name=paid.agent_name,
                sku=paid.sku,
                base=-part.of(paid.base),
                percent=paid.percent,
                amount=twin.amount,
            )
        )
