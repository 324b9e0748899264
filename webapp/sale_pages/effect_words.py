"""Effects and their reversals as a person reads them: what each is, how it stands, and why it has
not happened."""

import datetime as dt
from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from webapp.http.formatting import money_text
from webapp.messages.models import Message
from webapp.messages.words import REASONS, reason_in_words, template_name
from webapp.platform.money import ZERO
from webapp.processing.reversal import CANCELLED
from webapp.rules.models import Effect, EffectStatus
from webapp.sales.models import SaleLine

NAMES = {
    "packing_slip": _l("Packing slip"),
    "royalty_slip": _l("Royalty"),
    "add_item": _l("Gift %(sku)s"),
    "membership_activation": _l("Membership activated"),
    "membership_upgrade": _l("Membership upgraded"),
    "membership_reactivation": _l("Membership reactivated"),
    "email": _l("E-mail “%(template)s”"),
    "commission": _l("Commission"),
    "task": _l("Task for staff"),
    "hold": _l("Held for review"),
    "approve": _l("Approved without review"),
}
ICONS = {
    "packing_slip": "truck-delivery",
    "royalty_slip": "receipt",
    "add_item": "gift",
    "membership_activation": "heart-handshake",
    "membership_upgrade": "heart-handshake",
    "membership_reactivation": "heart-handshake",
    "email": "mail",
    "commission": "coin",
    "task": "checklist",
    "hold": "player-pause",
    "approve": "shield-check",
}
# By the code of an effect's `NotYet`.
NOT_YET = {
    "no_active_membership": _l(
        "The customer has no active membership to upgrade. Give them one, then try again."
    ),
}
UNKNOWN = _l(
    "It failed for a reason that only the processing page tells. Try again; if it fails once more, "
    "tell support."
)


@dataclass
class Shown:
    """One effect on the page of its sale. `next_try` is empty when none is due; `waits` for its
    message to be released or sent; `reversals` are its twins."""

    effect: Effect
    name: str
    error: str
    attempts: int
    next_try: dt.datetime | None
    waits: bool
    reversals: list[Effect] = field(default_factory=list)

    @property
    def taken_back(self) -> list[str]:
        return [reversal_text(twin) for twin in self.reversals]

    @property
    def icon(self) -> str:
        return ICONS[self.effect.kind]

    @property
    def reversal(self) -> str:
        """How far it is taken back; a packing slip says so itself."""
        if not self.reversals or self.effect.kind == "packing_slip":
            return ""
        left = sum((twin.amount or ZERO for twin in self.reversals), self.effect.amount or ZERO)
        return _("Partly reversed") if left else _("Reversed")


def effects_shown(
    effects: list[Effect], messages: list[Message], lines: list[SaleLine]
) -> list[Shown]:
    """What a sale's rules brought about, each with what took it back; what has not happened
    first."""
    skus = skus_of(lines)
    by_effect = {message.effect_id: message for message in messages if message.effect_id}
    shown = {
        effect.id: _shown(effect, by_effect.get(effect.id), skus)
        for effect in effects
        if effect.reverses is None
    }
    for effect in effects:
        if effect.reverses is not None:
            shown[effect.reverses].reversals.append(effect)
    return sorted(shown.values(), key=lambda one: not one.effect.is_unfinished)


def _shown(effect: Effect, message: Message | None, skus: dict[int, str]) -> Shown:
    owing = message or effect
    waits = effect.status is EffectStatus.PENDING and message is not None and not message.error
    return Shown(
        effect,
        effect_name(effect, skus),
        effect_error(effect) or (reason_in_words(message.error) if message else ""),
        owing.attempts,
        owing.due_at if effect.status is EffectStatus.PENDING else None,
        waits,
    )


def skus_of(lines: list[SaleLine]) -> dict[int, str]:
    """By position; nothing where there is one line only and nobody asks which."""
    return {line.position: line.sku for line in lines} if len(lines) > 1 else {}


def effect_name(effect: Effect, skus: dict[int, str] | None = None) -> str:
    """With the item, of the `skus` given, that money is about."""
    facts = {
        "sku": effect.params.get("sku", ""),
        "template": template_name(effect.params.get("template", "")),
    }
    name = str(NAMES[effect.kind]) % facts
    item = (skus or {}).get(effect.params["lines"][0]) if effect.amount is not None else None
    return f"{name} · {item}" if item else name


def reversal_text(twin: Effect) -> str:
    """What happened, and what it took back."""
    event = twin.event
    words = (
        _("Order cancelled")
        if event == CANCELLED
        else _("Refund %(number)s", number=event.partition(":")[2])
    )
    if twin.amount is not None:
        return f"{words}: {money_text(twin.amount)}"
    if twin.kind == "packing_slip":
        units = sum(item["quantity"] for item in twin.params["items"])
        return f"{words}: {ngettext('%(num)s item taken off', '%(num)s items taken off', units)}"
    return words


def effect_error(effect: Effect) -> str:
    """Empty when its last attempt did not fail."""
    if not effect.error:
        return ""
    kind, _colon, code = effect.error.partition(": ")
    if kind == "NotYet":
        return str(NOT_YET[code])
    return reason_in_words(effect.error) if kind in REASONS else str(UNKNOWN)
