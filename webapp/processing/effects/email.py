"""A message to the customer."""

from flask_babel import lazy_gettext as _l

from webapp.messages.queries import compose, message_of_sale
from webapp.messages.words import REASONS, reason_in_words, template_name
from webapp.processing.effects.base import EffectKind, register
from webapp.processing.effects.execution import Execution
from webapp.processing.effects.reversal import Reversal
from webapp.rules.core.events import PAID
from webapp.rules.models import Effect
from webapp.sales.models import SaleLine


@register
class Email(EffectKind):
    """Stands as its message does. What went out stays out."""

    key = "email"
    name = _l("E-mail “%(template)s”")
    done_words = _l("E-mail to the customer")
    icon = "mail"

    def do(self, execution: Execution, effect: Effect) -> None:
        sale, template = execution.sale, effect.params["template"]
        if not sale.customer_email:
            execution.open_task(effect, "customer_without_email", template=template)
            return
        if effect.event != PAID and message_of_sale(sale.id, template):
            # Told of it already: a customer gets each of them once for an order.
            return
        items = [_item(line) for line in execution.lines(effect) or sale.lines]
        compose(sale, template, {"items": items}, execution.now, execution.held, effect)

    def undo(self, reversal: Reversal, effect: Effect) -> None:
        if reversal.is_back(effect):
            reversal.close_task(effect)

    def named(self, effect: Effect) -> dict[str, object]:
        return super().named(effect) | {"template": template_name(effect.params["template"])}

    def error_text(self, effect: Effect) -> str:
        if effect.error and effect.error.partition(":")[0] in REASONS:
            return reason_in_words(effect.error)
        return super().error_text(effect)


def _item(line: SaleLine) -> dict:
    return {"name": line.name, "url": line.product["video_url"], "plan": line.product["plan"]}
