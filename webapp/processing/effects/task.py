"""Something that a rule asks of the staff."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.processing.effects.base import EffectKind, register
from webapp.processing.effects.execution import Execution
from webapp.processing.effects.reversal import Reversal
from webapp.rules.models import Effect


@register
class StaffTask(EffectKind):
    """What a person has done already is not undone."""

    key = "task"
    name = done_words = _l("Task for staff")
    icon = "checklist"

    def do(self, execution: Execution, effect: Effect) -> None:
        skus = ", ".join(line.sku for line in execution.lines(effect))
        execution.open_task(effect, effect.params["text_code"], sku=skus)

    def undo(self, reversal: Reversal, effect: Effect) -> None:
        if effect.id in reversal.reversed or not reversal.is_back(effect):
            return
        if reversal.close_task(effect):
            reversal.twin(effect)

    def undoing_text(self, twin: Effect, skus: Mapping[int, str]) -> str:
        return _("The open task of this order is closed.")
