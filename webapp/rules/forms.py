"""The shapes of what a person says when rules are published."""

from webapp.forms import Flag, Shape, text


class ReasonIn(Shape):
    reason: text(500, required=True)


class PublicationIn(ReasonIn):
    warnings_read: Flag = False
