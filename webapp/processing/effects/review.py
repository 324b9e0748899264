"""Whether a person looks at the sale before its NF-e goes out: read from the decision when the note
is prepared, so that there is nothing to do, and nothing to undo."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from webapp.processing.effects.base import EffectKind, register
from webapp.processing.effects.execution import Execution
from webapp.processing.effects.reversal import Reversal
from webapp.rules.models import Effect


class ReviewOrder(EffectKind):
    def do(self, execution: Execution, effect: Effect) -> None:
        """Happens when the note is prepared."""

    def undo(self, reversal: Reversal, effect: Effect) -> None:
        """Whether somebody had to look at it first matters no more."""


@register
class Hold(ReviewOrder):
    """The sale does nothing outside the house until a person releases it."""

    key = "hold"
    name = done_words = _l("Held for review")
    icon = "player-pause"

    def title(self, effect: Effect, skus: Mapping[int, str] | None = None) -> str:
        reason = effect.params.get("reason")
        return f"{self.name}: {reason}" if reason else str(self.name)

    def done_text(self, effect: Effect) -> str:
        return self.title(effect)


@register
class Approval(ReviewOrder):
    """The note goes out by itself, even where the shop reviews every one."""

    key = "approve"
    name = done_words = _l("Approved without review")
    icon = "shield-check"
