"""What a kind of effect is, and the registry of them all."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Protocol, TypeVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.http.formatting import money_text
from webapp.platform.money import ZERO
from webapp.platform.owed import ENDS_PROCESS, GIVEN_UP
from webapp.processing.effects.execution import Execution
from webapp.processing.effects.reversal import Reversal
from webapp.rules.models import Effect

FAILED = _l(
    "It failed for a reason that only the processing page tells. Try again; if it fails once more, "
    "tell support."
)
ENDED = _l("The program ended each time it tried this alone; tell support.")
ENDINGS = {ENDS_PROCESS: ENDED, GIVEN_UP: _l("Somebody gave it up; the audit says why.")}


class EffectKind(ABC):
    """What an action of the rules does to a sale, how that is undone, and how people read both.

    key         of its action in webapp.rules.core.actions
    name        on the sale's page and wherever else effects are listed
    done_words  under the rule that brought it about
    waiting     why it has not happened yet, by the code of a `NotYet` that `do` raises
    comes_first whether it is done and undone before the kinds that tell of what it added
    """

    key: ClassVar[str]
    name: ClassVar[str]
    done_words: ClassVar[str]
    icon: ClassVar[str]
    waiting: ClassVar[Mapping[str, str]] = {}
    comes_first: ClassVar[bool] = False

    @abstractmethod
    def do(self, execution: Execution, effect: Effect) -> None:
        """From the effect's row and its sale alone: nothing is judged again."""

    @abstractmethod
    def undo(self, reversal: Reversal, effect: Effect) -> None:
        """As far as units came back, from what was recorded and never by today's rules. Idempotent
        for the same units."""

    def named(self, effect: Effect) -> dict[str, object]:
        """What `name` and `done_words` may name: the action's parameters and the amount."""
        amount = "—" if effect.amount is None else money_text(effect.amount)
        return {**effect.params, "amount": amount}

    def title(self, effect: Effect, skus: Mapping[int, str] | None = None) -> str:
        """Its name; with the item, of the `skus` by line, that money is about."""
        name = str(self.name) % self.named(effect)
        lines = effect.params["lines"]
        if effect.amount is None or not skus or not lines or lines[0] not in skus:
            return name
        return f"{name} · {skus[lines[0]]}"

    def done_text(self, effect: Effect) -> str:
        return str(self.done_words) % self.named(effect)

    def error_text(self, effect: Effect) -> str:
        """Why its last attempt failed; empty when it did not."""
        if not effect.error:
            return ""
        if effect.error in ENDINGS:
            return str(ENDINGS[effect.error])
        error, _colon, code = effect.error.partition(": ")
        return str(self.waiting.get(code, FAILED) if error == "NotYet" else FAILED)

    def undoing_text(self, twin: Effect, skus: Mapping[int, str]) -> str:
        """What its reversal `twin` would do, as a sentence."""
        if twin.amount is None:
            return _("%(effect)s: it is reversed.", effect=self.title(twin))
        amount = money_text(-twin.amount)
        return _(
            "%(effect)s: %(amount)s is reversed.", effect=self.title(twin, skus), amount=amount
        )

    def undone_text(self, twin: Effect) -> str:
        """What its reversal `twin` took back; empty where that is all of it."""
        return "" if twin.amount is None else money_text(twin.amount)

    def undone_label(self, effect: Effect, twins: Sequence[Effect]) -> str:
        """How far it is taken back; empty where nothing is, or where the texts of the twins say
        so."""
        if not twins:
            return ""
        left = sum((twin.amount or ZERO for twin in twins), effect.amount or ZERO)
        return _("Partly reversed") if left else _("Reversed")


KINDS: dict[str, EffectKind] = {}


def register(kind: type[EffectKind]) -> type[EffectKind]:
    """Makes the kind known by its key."""
    if kind.key in KINDS:
        raise ValueError(f"two kinds of effect have the key {kind.key!r}")
    KINDS[kind.key] = kind()
    return kind


class HasKind(Protocol):
    """An effect, or the plan of one."""

    kind: str


def kind_of(effect: Effect) -> EffectKind:
    return KINDS[effect.kind]


Planned = TypeVar("Planned", bound=HasKind)


def in_order(effects: Iterable[Planned]) -> list[Planned]:
    """Those that come first before the others; else as they stand."""
    return sorted(effects, key=lambda effect: not KINDS[effect.kind].comes_first)
