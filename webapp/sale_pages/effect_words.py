"""Effects and their reversals on the page of their sale: what each is, how it stands, and why it
has not happened."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from flask_babel import gettext as _

from webapp.messages.models import Message
from webapp.messages.words import reason_in_words
from webapp.platform.money import ZERO
from webapp.processing.effects import kind_of
from webapp.processing.effects.reversal import CANCELLED
from webapp.rules.models import Effect, EffectStatus
from webapp.sales.models import SaleLine

# More effects of one kind under a rule are told as their sum.
MOST_ALONE = 3


@dataclass
class EffectView:
    """One effect on the page of its sale. `next_try` is empty when none is due; `waits` for its
    message to be released or sent; `twins` are its reversals."""

    effect: Effect
    name: str
    error: str
    attempts: int
    next_try: dt.datetime | None
    waits: bool
    twins: list[Effect] = field(default_factory=list)

    @property
    def icon(self) -> str:
        return kind_of(self.effect).icon

    @property
    def taken_back(self) -> list[str]:
        return [reversal_text(twin) for twin in self.twins]

    @property
    def reversal(self) -> str:
        """How far it is taken back."""
        return kind_of(self.effect).undone_label(self.effect, self.twins)


@dataclass
class EffectSum:
    """Effects of one kind on many lines, all done, told as one."""

    views: list[EffectView]

    @property
    def name(self) -> str:
        effect = self.views[0].effect
        name, count = kind_of(effect).title(effect), len(self.views)
        return _("%(effect)s of %(count)s items", effect=name, count=count)

    @property
    def amount(self) -> Decimal:
        return sum((view.effect.amount or ZERO for view in self.views), ZERO)

    @property
    def first(self) -> EffectView:
        return self.views[0]


def summed(views: Iterable[EffectView]) -> tuple[list[EffectView], list[EffectSum]]:
    """Those to tell one by one, and those whose sum says it, as the royalties of a long order."""
    alike: dict[str, list[EffectView]] = {}
    alone = []
    for view in views:
        effect = view.effect
        is_plain = effect.status is EffectStatus.DONE and not view.twins
        if is_plain and effect.amount is not None:
            alike.setdefault(effect.kind, []).append(view)
        else:
            alone.append(view)
    few = [view for group in alike.values() if len(group) <= MOST_ALONE for view in group]
    return alone + few, [EffectSum(group) for group in alike.values() if len(group) > MOST_ALONE]


def effect_views(
    effects: Sequence[Effect], messages: Sequence[Message], lines: Sequence[SaleLine]
) -> list[EffectView]:
    """What a sale's rules brought about, each with what took it back; what has not happened
    first."""
    skus = skus_of(lines)
    by_effect = {message.effect_id: message for message in messages if message.effect_id}
    views = {
        effect.id: _view(effect, by_effect.get(effect.id), skus)
        for effect in effects
        if effect.reverses is None
    }
    for effect in effects:
        if effect.reverses is not None:
            views[effect.reverses].twins.append(effect)
    return sorted(views.values(), key=lambda view: not view.effect.is_unfinished)


def _view(effect: Effect, message: Message | None, skus: dict[int, str]) -> EffectView:
    kind, owing = kind_of(effect), message or effect
    waits = effect.status is EffectStatus.PENDING and message is not None and not message.error
    return EffectView(
        effect,
        kind.title(effect, skus),
        kind.error_text(effect) or (reason_in_words(message.error or "") if message else ""),
        owing.attempts,
        owing.due_at if effect.status is EffectStatus.PENDING else None,
        waits,
    )


def skus_of(lines: Sequence[SaleLine]) -> dict[int, str]:
    """By position; nothing where there is one line only and nobody asks which."""
    return {line.position: line.sku for line in lines} if len(lines) > 1 else {}


def reversal_text(twin: Effect) -> str:
    """What happened, and what it took back."""
    if twin.event == CANCELLED:
        event = _("Order cancelled")
    else:
        event = _("Refund %(number)s", number=twin.event.partition(":")[2])
    undone = kind_of(twin).undone_text(twin)
    return f"{event}: {undone}" if undone else event
