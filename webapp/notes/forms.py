"""The shape of a note."""

from typing import Annotated

from annotated_types import MinLen

from webapp.http.forms import LongText, Shape, example


class NoteIn(Shape):
    """`@` and a person's name in `text` tells that person."""

    model_config = example({"text": "Asks for a call before delivery. @Ana, please."})

    text: Annotated[str, LongText(2000), MinLen(1)]
