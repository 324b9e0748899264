"""PATCH: any subset of a shape's fields, laid over what the record holds."""

import functools
import operator
from functools import cache
from types import UnionType
from typing import Annotated, Any, get_args

from pydantic import create_model

from webapp.http.forms import Shape, ShapeType, parse


@cache
def partial(shape: type[Shape]) -> type[Shape]:
    """`shape` with no field required, nested shapes alike. What several fields decide together is
    checked on the whole."""
    fields: dict[str, Any] = {}
    for name, field in shape.model_fields.items():
        kind = _partial_kind(field.annotation)
        fields[name] = (Annotated[kind, *field.metadata] if field.metadata else kind, None)
    return create_model(shape.__name__.removesuffix("In") + "Patch", __base__=Shape, **fields)


def _partial_kind(kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, Shape):
        return partial(kind)
    if isinstance(kind, UnionType):
        return functools.reduce(operator.or_, map(_partial_kind, get_args(kind)))
    return kind


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
