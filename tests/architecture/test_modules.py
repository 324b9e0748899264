"""Modules say what they are, and a class name means one thing."""

import ast
import re
from collections import defaultdict
from pathlib import Path

from tests.services import ROOT

WEBAPP = ROOT / "webapp"
# How a view's decorator begins.
ROUTES = ("bp.get(", "bp.post(", "endpoint(")


def modules() -> list[Path]:
    return [path for path in WEBAPP.rglob("*.py") if "versions" not in path.parts]


def holds_routes(path: Path) -> bool:
    """Whether it decorates a view with a blueprint's route or declares a call."""
    source = path.read_text()
    if not any(f"@{route}" in source for route in ROUTES):
        return False
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
            if any(name.startswith(ROUTES) for name in decorators):
                return True
    return False


def is_named_for_routes(path: Path) -> bool:
    name = path.stem
    return name in ("pages", "api") or name.endswith(("_pages", "_api")) or "pages" in path.parts


def test_only_pages_and_calls_hold_routes():
    """So that the import contracts, which name them, bind every other module."""
    routes = [path for path in modules() if holds_routes(path)]
    assert len(routes) > 20
    assert [str(path) for path in routes if not is_named_for_routes(path)] == []


def test_no_module_is_named_by_a_layer():
    assert [
        path for path in modules() if path.stem in ("services", "routes", "utils", "helpers")
    ] == []


def test_no_class_name_is_used_twice():
    named = defaultdict(list)
    for path in modules():
        for name in re.findall(r"^class (\w+)", path.read_text(), re.MULTILINE):
            named[name].append(str(path.relative_to(ROOT)))
    assert {name: paths for name, paths in named.items() if len(paths) > 1} == {}
