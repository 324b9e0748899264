"""The shape of what a person says about a task."""

from webapp.forms import Shape, text


class OutcomeIn(Shape):
    outcome: text(500, required=True)
