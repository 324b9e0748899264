"""The pipeline, its states and the checks as the pages in docs show them: drawn from the tables
that the program itself goes by. `flask --app wsgi draw` draws them anew."""

import re
from collections.abc import Callable, Mapping, Set
from pathlib import Path

from flask_babel import force_locale

from webapp.fiscal.calendar import BUILT_IN
from webapp.fiscal.check import Check
from webapp.fiscal.checks import CHECKS
from webapp.invoices.models import INVOICE_TRANSITIONS, InvoiceStatus
from webapp.platform.states import State
from webapp.processing.pipeline import PIPELINE, Station
from webapp.sales.models import SHIPPING_TRANSITIONS, STATUS_TRANSITIONS, Shipping, Status

DOCS = Path(__file__).parents[2] / "docs"
HEADS = ("Row", "State", "Means", "Queue", "Done by", "Leads to")
CHECK_HEADS = ("Code", "Looks at", "Since", "Says")
_PLACEHOLDER = re.compile(r"%\(\w+\)s")


def pipeline_table() -> str:
    """The pipeline as a Markdown table, in English. Needs an app context."""
    with force_locale("en"):
        return _table(HEADS, [_cells(station) for station in PIPELINE])


def checks_table() -> str:
    """The checks in their order, with the first day on which each is made."""
    starts = {term.code: str(term.start) for term in reversed(BUILT_IN)}
    return _table(CHECK_HEADS, [_check_cells(check, starts) for check in CHECKS])


def _check_cells(check: Check, starts: Mapping[str, str]) -> tuple[str, ...]:
    says = _PLACEHOLDER.sub("…", check.words.message)
    return check.words.code, check.name, starts.get(check.term, "layout 4.00"), says


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    rows = [heads, tuple("---" for _head in heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def state_diagram(first: State, transitions: Mapping[State, Set[State]]) -> str:
    """Which states may follow which, as a Mermaid diagram that begins at `first`."""
    arrows = [f"[*] --> {first}"]
    for state, following in transitions.items():
        arrows += [f"{state} --> {other}" for other in type(state) if other in following]
        if not following:
            arrows.append(f"{state} --> [*]")
    lines = ["```mermaid", "stateDiagram-v2", *(f"    {arrow}" for arrow in arrows), "```"]
    return "\n".join(lines)


def architecture() -> dict[str, str]:
    """What stands between the marks `<!-- name -->` and `<!-- /name -->` of the page, by name."""
    return {
        "pipeline": pipeline_table(),
        "sale states": state_diagram(Status.OPEN, STATUS_TRANSITIONS),
        "invoice states": state_diagram(InvoiceStatus.PENDING, INVOICE_TRANSITIONS),
        "shipping states": state_diagram(Shipping.NONE, SHIPPING_TRANSITIONS),
    }


PAGES: dict[Path, Callable[[], dict[str, str]]] = {
    DOCS / "architecture.md": architecture,
    DOCS / "checks.md": lambda: {"checks": checks_table()},
}


def redrawn(page: str, drawings: Mapping[str, str]) -> str:
    """The page with its drawings as they are now. Raises LookupError where it lacks one's marks."""
    for name, drawing in drawings.items():
        before, begin, rest = page.partition(f"<!-- {name} -->\n")
        _earlier, end, after = rest.partition(f"<!-- /{name} -->")
        if not end:
            raise LookupError(f"the page has no place marked <!-- {name} -->")
        page = f"{before}{begin}{drawing}\n{end}{after}"
    return page


def _cells(station: Station) -> tuple[str, ...]:
    return (
        station.model.__name__,
        f"`{station.status}`",
        str(station.label),
        f"`{station.queue}`" if station.queue else "",
        _worker(station),
        ", ".join(f"`{status}`" for status in station.leads_to),
    )


def _worker(station: Station) -> str:
    if station.step is None:
        return "a person" if station.leads_to else ""
    step = type(station.step)
    return f"`{step.__module__.rpartition('.')[2]}.{step.__name__}`"
