"""The shapes of rules, and of a rule's trial, in answers."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import ConfigDict, Field, JsonValue

from webapp.http.answers import Moment, OutShape


class CheckOut(OutShape):
    """One fact asked for."""

    field: str
    op: str
    value: JsonValue = None


class AllOut(OutShape):
    all: list[ConditionOut]


class AnyOut(OutShape):
    any: list[ConditionOut]


class NotOut(OutShape):
    not_: ConditionOut = Field(alias="not")


ConditionOut = CheckOut | AllOut | AnyOut | NotOut


class ActionOut(OutShape):
    """What is done, and the action's own parameters beside it."""

    model_config = ConfigDict(extra="allow")

    do: str


class ExampleOut(OutShape):
    """Facts laid over a sample sale, and the kinds of effect expected of the rule alone."""

    facts: dict[str, JsonValue]
    expect: list[str]


class RuleOut(OutShape):
    """As it was written: what was left out has its default. `name`: text, or text by language."""

    code: str
    name: str | dict[str, str]
    scope: Literal["line", "sale"] = "line"
    event: Literal["paid", "lapsed", "shipped", "refunded", "invoice_rejected", "low_stock"] = (
        "paid"
    )
    priority: int | None = 0
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    enabled: bool | None = True
    when: ConditionOut
    then: list[ActionOut]
    examples: list[ExampleOut] = []


class RuleSetOut(OutShape):
    version: int
    published_at: Moment
    published_by: str
    reason: str
    rules: list[RuleOut]


class RuleProblemOut(OutShape):
    """`path`: the place in the rule, like when.all.0.value."""

    path: str
    message: str


class RuleWarningOut(OutShape):
    """`other`: the code of the other rule it is about."""

    kind: str
    code: str
    path: str
    message: str
    other: str | None


class CheckTraceOut(OutShape):
    field: str
    op: str
    wanted: JsonValue
    got: JsonValue
    ok: bool


class GroupTraceOut(OutShape):
    op: Literal["all", "any", "not"]
    ok: bool
    children: list[CheckTraceOut | GroupTraceOut]


class RuleTraceOut(OutShape):
    """`holds`: the rule would fire on these facts."""

    code: str
    enabled: bool
    in_force: bool
    holds: bool
    when: CheckTraceOut | GroupTraceOut


class FailingExampleOut(OutShape):
    """`example`: its place among the rule's examples."""

    example: int
    expect: list[str]
    got: list[str]


class RuleCheckOut(OutShape):
    """Only a valid rule has a sentence, a trace and warnings."""

    valid: bool
    errors: list[RuleProblemOut]
    sentence: str | None
    fires: bool | None
    trace: RuleTraceOut | None
    failing_examples: list[FailingExampleOut]
    warnings: list[RuleWarningOut]
