"""PATCH: any subset of a shape's fields, laid over what the record holds."""

from functools import cache
from typing import Annotated, Any

from pydantic import create_model

from webapp.http.forms import Shape, ShapeType, parse


@cache
def partial(shape: type[Shape]) -> type[Shape]:
    """`shape` with no field required, nested shapes alike. What several fields decide together is
    checked on the whole."""
    fields: dict[str, Any] = {}
    for name, field in shape.model_fields.items():
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, Shape):
            kind = partial(kind)
        fields[name] = (Annotated[kind, *field.metadata] if field.metadata else kind, None)
    return create_model(shape.__name__.removesuffix("In") + "Patch", __base__=Shape, **fields)


def patched(shape: type[ShapeType], held: dict, patch: Shape) -> ShapeType:
    """The whole that `patch` makes of `held`. Raises Invalid."""
    return parse(shape, _over(held, patch.model_dump(exclude_unset=True)))


def _over(held: dict, sent: dict) -> dict:
    return held | {
        name: _over(held[name], value)
        if isinstance(value, dict) and isinstance(held.get(name), dict)
        else value
        for name, value in sent.items()
    }
