"""A spreadsheet (XLSX, XLS, ODS) read by a process of its own, alone with this file: its reader is
native code, which a hostile file may make use all memory there is. What may be used is bounded
there, and a process that goes over it ends without harm."""

import datetime as dt
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import IO, Any

# Of the other process, in bytes and in seconds of processor time.
MEMORY, SECONDS = 2**30, 60
_ANSWER = "utf-8"


class NotRead(Exception):
    """The other process ended over the file, or found no table; its message is a code."""


def sheet_rows(file: IO[bytes]) -> Iterator[list[Any]]:
    """The rows of the first sheet that has any, as JSON has them: text, numbers, `{"date": …}`,
    `{"merged": true}` for a cell that is one with others. Raises NotRead."""
    with tempfile.TemporaryFile() as copy:
        while piece := file.read(2**20):
            copy.write(piece)
        copy.seek(0)
        with subprocess.Popen(
            [sys.executable, "-I", __file__],
            stdin=copy,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert process.stdout
            try:
                for line in process.stdout:
                    row = json.loads(line)
                    if isinstance(row, str):
                        raise NotRead(row)
                    yield row
            finally:
                process.kill()
                process.stdout.close()
        # Killed by us once all was read, or ended by itself; by a bound of its own it said nothing.
        if process.returncode not in (0, -9):
            raise NotRead("too_big")


# -- what the other process does -----------------------------------------------------------------


def _bound() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _cell(value: Any) -> Any:
    if isinstance(value, dt.date):
        return {"date": value.isoformat()[:10]}
    if isinstance(value, dt.time | dt.timedelta):
        return {"date": str(value)}
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        return int(value)
    return value


def _merged(sheet: Any) -> dict[int, set[int]]:
    """The columns of each row that are merged with others, but for names over a table."""
    found: dict[int, set[int]] = {}
    for (top, left), (bottom, right) in (sheet.merged_cell_ranges or [])[:10_000]:
        for row in range(top, min(bottom, top + 10_000) + 1):
            found.setdefault(row, set()).update(range(left, min(right, left + 200) + 1))
    return found


def _main() -> None:
    _bound()
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    say = sys.stdout.write
    try:
        book = CalamineWorkbook.from_path("/dev/stdin")
        for name in book.sheet_names[:50]:
            sheet = book.get_sheet_by_name(name)
            if sheet.start is None:
                continue
            left, merged = sheet.start[1], _merged(sheet)
            for number, row in enumerate(sheet.iter_rows()):
                cells = [_cell(value) for value in row]
                for column in merged.get(number, ()):
                    if left <= column < left + len(cells):
                        cells[column - left] = {"merged": cells[column - left]}
                say(json.dumps(cells) + "\n")
            return
        say('"empty"\n')
    except PasswordError:
        say('"locked"\n')
    except (CalamineError, OSError, ValueError):
        say('"broken"\n')


if __name__ == "__main__":
    _main()
