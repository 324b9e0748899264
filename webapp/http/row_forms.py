"""Forms in which some things are rows: each row's fields are named like payments.0.amount; one that
is blank is none."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from webapp.http.forms import Form, Shape
from webapp.platform.whole import whole_number

_FIELD = re.compile(r"([a-z_]{1,20})\.([0-9]{1,6})\.([a-z_]{1,20})", re.ASCII)
Values = dict[str, Any]


def rows_of(values: Values, name: str) -> list[Values]:
    """The rows that somebody filled, in their order."""
    rows = _numbered(values, name)
    filled = (rows[number] for number in sorted(rows))
    return [row for row in filled if any(str(value).strip() for value in row.values())]


def is_row_field(name: str) -> bool:
    return _FIELD.fullmatch(name) is not None


def _numbered(values: Values, name: str) -> dict[int, Values]:
    rows: dict[int, Values] = {}
    for key, value in values.items():
        found = _FIELD.fullmatch(key)
        number = whole_number(found[2]) if found and found[1] == name else None
        if found and number is not None:
            rows.setdefault(number, {})[found[3]] = value
    return rows


class RowsForm(Form):
    """What one of two people has not filled is blank there. `row_parts`: the fields of a row, by
    the rows' name."""

    row_parts: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def __init__(self, values: Mapping[str, Any] | None = None, shape: type[Shape] | None = None):
        super().__init__(values, shape)
        self.raw_input = self.tidied(self.raw_input)
        # The row that was just asked for, which takes the focus.
        self.added = ""

    def rows(self, name: str) -> int:
        """How many rows of a list the page shows: those filled, or a blank one to begin with."""
        return max(_numbered(self.raw_input, name), default=0) + 1

    def add_row(self, name: str) -> None:
        if name in self.row_parts:
            rows = rows_of(self.raw_input, name)
            self.raw_input = self._with_rows(self.raw_input, name, [*rows, {}])
            self.added = f"{name}.{len(rows)}"

    def tidied(self, values: Values) -> Values:
        """Without the rows that nobody filled; the others are numbered from 0."""
        for name in self.row_parts:
            values = self._with_rows(values, name, rows_of(values, name))
        return values

    def _with_rows(self, values: Values, name: str, rows: list[Values]) -> Values:
        others = {key: value for key, value in values.items() if not key.startswith(f"{name}.")}
        return others | {
            f"{name}.{number}.{part}": row.get(part, "")
            for number, row in enumerate(rows)
            for part in self.row_parts[name]
        }

    def may_be_left_out(self, name: str) -> bool:
        return name.partition(".")[0] in self.row_parts

    @property
    def begun(self) -> dict[str, str]:
        begun = super().begun
        blank = dict.fromkeys(filter(self.may_be_left_out, self.raw_input), "")
        return blank | begun if begun else begun

    def clashes(self, present: Form) -> dict[str, str]:
        for one, other in ((self, present), (present, self)):
            for name in filter(self.may_be_left_out, other.raw_input):
                one.raw_input.setdefault(name, "")
        return super().clashes(present)

    def parse(self) -> Any:
        self.raw_input = self.tidied(self.raw_input)
        return super().parse()
