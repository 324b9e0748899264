"""The shapes of what is asked of views and exports."""

from typing import Annotated

from webapp.http.forms import BlankIsNone, Flag, Shape, Text, Whole, example
from webapp.http.spreadsheets import FileKind
from webapp.platform.whole import MAX_ID
from webapp.views.models import LONGEST_NAME, Rhythm

# Of a month: the last one that every month has.
LAST_DAY = 28


class ExportQuery(Shape):
    """The filters of every list; each takes its own, as the address of its page does."""

    q: str = ""
    status: str = ""
    view: str = ""
    kind: str = ""
    supplier: str = ""
    category: str = ""
    tax_profile: str = ""
    month: str = ""
    shipping: str = ""
    channel: str = ""
    agent: str = ""
    author: str = ""
    since: str = ""
    until: str = ""
    reason: str = ""
    age: str = ""
    subject: str = ""
    subject_id: str = ""
    action: str = ""
    product: str = ""
    customer: str = ""
    membership: str = ""
    count: str = ""
    batch: str = ""
    rows: str = ""
    bulk: str = ""
    statement: str = ""
    import_id: str = ""
    outcome: str = ""
    due: str = ""
    tag: str = ""
    paid_since: str = ""
    paid_until: str = ""
    shipped_since: str = ""
    shipped_until: str = ""
    queue: str = ""
    step: str = ""
    cause: str = ""
    sale: str = ""
    sort: str = ""


class ViewIn(Shape):
    """A list's filters as they stand in its address, to be kept under a name."""

    listing: Annotated[str, Text(40)]
    query: Annotated[str, Text(2000)] = ""
    name: Annotated[str, Text(LONGEST_NAME, required=True)]
    shared: Flag = False


class SharedViewIn(Shape):
    """A program's view is everybody's who may open the list. `query`: the list's filters and sort,
    as an export takes them."""

    model_config = example({"listing": "products", "query": {"view": "low"}, "name": "Low"})

    listing: Annotated[str, Text(40)]
    query: dict[str, str] = {}
    name: Annotated[str, Text(LONGEST_NAME, required=True)]


class RenameIn(Shape):
    name: Annotated[str, Text(LONGEST_NAME, required=True)]


class ScheduleIn(Shape):
    """`recipient`: a person's id; whoever asks where it is left out."""

    listing: Annotated[str, Text(40)]
    query: Annotated[str, Text(2000)] = ""
    name: Annotated[str, Text(LONGEST_NAME, required=True)]
    recipient: Annotated[Annotated[int, Whole(1, MAX_ID)] | None, BlankIsNone] = None
    ending: FileKind = FileKind.XLSX
    rhythm: Rhythm = Rhythm.DAILY
    weekday: Annotated[int, Whole(0, 6)] = 0
    day: Annotated[int, Whole(1, LAST_DAY)] = 1
    hour: Annotated[int, Whole(0, 23)] = 6
