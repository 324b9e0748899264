"""The pipeline and its states as docs/architecture.md shows them: drawn from the tables that the
program itself goes by. `flask --app wsgi draw` draws them anew."""

from collections.abc import Mapping, Set
from pathlib import Path

from flask_babel import force_locale

from webapp.invoices.models import INVOICE_TRANSITIONS, InvoiceStatus
from webapp.platform.states import State
from webapp.processing.pipeline import PIPELINE, Station
from webapp.sales.models import SHIPPING_TRANSITIONS, STATUS_TRANSITIONS, Shipping, Status

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
HEADS = ("Row", "State", "Means", "Queue", "Done by", "Leads to")


def pipeline_table() -> str:
    """The pipeline as a Markdown table, in English. Needs an app context."""
    with force_locale("en"):
        rows = [HEADS, tuple("---" for _head in HEADS), *map(_cells, PIPELINE)]
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


def drawings() -> dict[str, str]:
    """What stands between the marks `<!-- name -->` and `<!-- /name -->` of the page, by name."""
    return {
        "pipeline": pipeline_table(),
        "sale states": state_diagram(Status.OPEN, STATUS_TRANSITIONS),
        "invoice states": state_diagram(InvoiceStatus.PENDING, INVOICE_TRANSITIONS),
        "shipping states": state_diagram(Shipping.NONE, SHIPPING_TRANSITIONS),
    }


def redrawn(page: str) -> str:
    """The page with its drawings as they are now. Raises LookupError where it lacks one's marks."""
    for name, drawing in drawings().items():
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
