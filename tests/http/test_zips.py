"""Zips as other programs read them, small and beyond the sizes of the first format."""

import io
import itertools
import random
import zipfile

from webapp.http import zips
from webapp.http.zips import zipped


def read(parts) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(parts)))


def test_files_come_back_as_they_went_in():
    table = io.BytesIO(b"a;b\r\n" * 100_000)
    files = {"nfe/1.xml": b"<a/>", "nfe/ç.xml": b"x" * 200_000, "empty": b""}
    found = read(zipped([*files.items(), ("table.csv", table)]))
    assert found.testzip() is None
    assert {name: found.read(name) for name in files} == files
    assert found.read("table.csv") == table.getvalue()
    assert read(zipped([])).namelist() == []


def test_more_files_than_two_bytes_count():
    names = [f"{number}.xml" for number in range(65_536)]
    found = read(zipped(zip(names, itertools.repeat(b""))))
    assert found.namelist() == names


def test_a_file_that_begins_beyond_what_four_bytes_tell(monkeypatch):
    """The bound is lowered, not the file made so large: the wide form is what is looked at."""
    monkeypatch.setattr(zips, "_MOST", 100)
    parts = b"".join(zipped([("a", bytes(range(256))), ("b", b"<b/>")]))
    monkeypatch.undo()
    wide = parts.index(b"PK\6\6")
    assert int.from_bytes(parts[wide + 48 : wide + 56], "little") == parts.index(b"PK\1\2")
    second = parts.index(b"PK\1\2", parts.index(b"PK\1\2") + 4)
    offset = int.from_bytes(parts[second + 46 + 1 + 4 : second + 46 + 1 + 12], "little")
    assert parts[offset : offset + 4] == b"PK\3\4" and parts[offset + 30 : offset + 31] == b"b"


def test_it_is_sent_before_it_is_whole():
    taken = 0

    def files():
        nonlocal taken
        for taken in range(100):
            yield f"{taken}", random.randbytes(50_000)

    first = next(iter(zipped(files())))
    assert first[:4] == b"PK\3\4" and taken < 99
