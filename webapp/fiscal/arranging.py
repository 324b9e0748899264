"""Puts what a newer schema package brought where that package has it: no order is written down
here that only the package can tell."""

from typing import Any

from webapp.fiscal.note import PENDING, PENDING_ABOVE, REGULAR
from webapp.fiscal.schema import Package
from webapp.fiscal.xml import Section

# The field of the issuer that tells what it chose for IBS and CBS, and two of its codes.
REGIME = "tpRegimeIBSCBS"
_PENDING_CODES = {PENDING: "2", PENDING_ABOVE: "3"}


def regime_code(choice: str, package: Package) -> str:
    """What the issuer writes for its choice; "" where the package does not tell. That of the
    regular regime was read nowhere: it is the one that the package has beside the two others."""
    known = package.values(REGIME)
    if choice != REGULAR:
        code = _PENDING_CODES.get(choice, "")
        return code if code in known else ""
    others = known - set(_PENDING_CODES.values())
    return next(iter(others)) if len(others) == 1 else ""


def chosen_by_code(code: str | None) -> str:
    """The choice that a note of others tells."""
    found = {code: choice for choice, code in _PENDING_CODES.items()}
    return found.get(code, REGULAR) if code else ""


def put(section: Section, root: str, tag: str, value: Any, package: Package) -> None:
    """Adds `value` as `tag` at its place below `section`, which is the element at the path `root`
    (such as "det"). Where the package has no such place, nothing is added."""
    path = next((path for path in package.paths(tag) if path.startswith(f"{root}/")), None)
    if path is None:
        return
    parents = path[len(root) + 1 :].split("/")[:-1]
    for parent in parents:
        section = section[parent]
    section[tag] = _ordered(value, path, package)
    _sort(section, path.rpartition("/")[0], package)


def _ordered(value: Any, path: str, package: Package) -> Any:
    if not isinstance(value, dict):
        return value
    below = {tag: _ordered(child, f"{path}/{tag}", package) for tag, child in value.items()}
    _sort(below, path, package)
    return below


def _sort(section: Section, path: str, package: Package) -> None:
    order = package.order(path)
    items = sorted(section.items(), key=lambda pair: order.get(pair[0], -1))
    section.clear()
    section.update(items)
