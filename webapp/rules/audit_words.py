"""What the audit keeps of a rule, as people read it."""

import json
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.rules.core.actions import read_actions
from webapp.rules.core.conditions import ConditionReader
from webapp.rules.core.events import PAID
from webapp.rules.core.problems import Problems
from webapp.rules.core.rule import SCOPES
from webapp.rules.core.sentence import action_phrase, condition_phrase


def condition_words(kept: Any) -> Any:
    raw = _read(kept)
    for scope in SCOPES:
        problems = Problems()
        condition = ConditionReader(problems, scope).read(raw, "when")
        if condition is not None and not problems.found:
            return condition_phrase(condition)
    return _("written in another way")


def action_words(kept: Any) -> Any:
    raw = _read(kept)
    for scope in SCOPES:
        problems = Problems()
        uses = read_actions(raw, "then", scope, PAID, problems)
        if uses and not problems.found:
            return "; ".join(action_phrase(use) for use in uses)
    return _("written in another way")


def examples_words(kept: Any) -> Any:
    count = len(_read(kept) or ())
    return ngettext("%(num)s example", "%(num)s examples", count) if count else _("no examples")


def _read(kept: Any) -> Any:
    try:
        return json.loads(kept) if isinstance(kept, str) else kept
    except ValueError:
        return None
