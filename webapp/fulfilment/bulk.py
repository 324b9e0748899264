"""One act done to each of many selected rows: a row that cannot go along keeps back no other."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from flask import flash, request
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.platform.database import db
from webapp.platform.errors import NotFound, Refusal
from webapp.platform.whole import whole_number

Row = TypeVar("Row")
MOST_AT_ONCE = 200
# The news go into a cookie: so many reasons, and rows for each, are named; the rest is counted.
REASONS_NAMED, ROWS_NAMED = 4, 3


@dataclass
class BulkResult:
    """`changed` and `unchanged` hold ids; `refused` the names of the other rows by why not."""

    changed: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)

    @property
    def selected(self) -> int:
        return len(self.changed) + len(self.unchanged) + sum(map(len, self.refused.values()))


def selected_ids() -> list[int]:
    """The ids that the form sends as `ids`, in one field or in many, each id once."""
    written = ",".join(request.form.getlist("ids")).split(",")
    found = dict.fromkeys(whole_number(part, 1) for part in written)
    return [number for number in found if number is not None]


def apply_to_each(
    ids: Iterable[int],
    rows: Mapping[int, Row],
    act: Callable[[Row], bool],
    name: Callable[[Row], str],
    missing: str,
) -> BulkResult:
    """Does `act`, which returns whether it changed anything, to the row of each id.

    `rows` are loaded and locked, by id. What a row refuses is undone by a savepoint of its own and
    told with the row's `name`; an id without a row is refused as `missing`.
    """
    result = BulkResult()
    for row_id in ids:
        row = rows.get(row_id)
        label = str(row_id) if row is None else name(row)
        try:
            with db.session.begin_nested():
                if row is None:
                    raise NotFound(missing)
                changed = act(row)
        except Refusal as refusal:
            result.refused.setdefault(str(refusal), []).append(label)
        else:
            (result.changed if changed else result.unchanged).append(row_id)
    return result


def flash_result(result: BulkResult, what: str) -> None:
    """Tells that `what` was done to how many of how many rows, and why not to the others."""
    flash(_summary(result, what), "good" if result.changed else "info")
    reasons = list(result.refused.items())
    for reason, names in reasons[:REASONS_NAMED]:
        flash(_("Passed over %(orders)s: %(reason)s", orders=_listed(names), reason=reason), "warn")
    rest = sum(len(names) for _reason, names in reasons[REASONS_NAMED:])
    if rest:
        flash(
            ngettext("%(num)s more was passed over.", "%(num)s more were passed over.", rest),
            "warn",
        )


def _summary(result: BulkResult, what: str) -> str:
    words = _(
        "%(what)s: %(done)s of %(asked)s.",
        what=what,
        done=len(result.changed),
        asked=result.selected,
    )
    if not result.unchanged:
        return words
    unchanged = len(result.unchanged)
    return words + " " + ngettext("%(num)s was so before.", "%(num)s were so before.", unchanged)


def _listed(names: list[str]) -> str:
    named, more = ", ".join(names[:ROWS_NAMED]), len(names) - ROWS_NAMED
    return _("%(orders)s and %(number)s more", orders=named, number=more) if more > 0 else named
