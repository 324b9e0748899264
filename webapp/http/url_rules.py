"""Routes that are ready at once: what writes a route's address is compiled when the first one is
written. To compile all of them took nine tenths of what an app takes to be made."""

from collections.abc import Callable
from functools import cache
from typing import Any

from werkzeug.routing import Rule


class Route(Rule):
    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_now = super()._compile_builder

        @cache
        def builder() -> Callable[..., tuple[str, str]]:
            return compile_now(append_unknown)

        def build(route: Rule, /, **values: Any) -> tuple[str, str]:
            return builder()(route, **values)

        return build
