"""An import's file in the database, in parts: as it was sent, or a table's rows once it is read."""

import io
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, Any

from sqlalchemy import delete, insert, select

from webapp.imports.models import PART, ImportPart
from webapp.platform.database import db

# Of a table in one part.
ROWS = 500


def keep(import_id: int, file: IO[bytes]) -> int:
    """Part by part; its length."""
    file.seek(0)
    length = 0
    for position, content in enumerate(iter(lambda: file.read(PART), b"")):
        _add(import_id, position, content)
        length += len(content)
    return length


def keep_rows(import_id: int, parts: Iterable[bytes]) -> None:
    """In place of the file that they were read from."""
    forget_file(import_id)
    for position, content in enumerate(parts):
        _add(import_id, position, content)


def _add(import_id: int, position: int, content: bytes) -> None:
    part = {"import_id": import_id, "position": position, "content": content}
    db.session.execute(insert(ImportPart), part)


def forget_file(import_id: int) -> None:
    db.session.execute(delete(ImportPart).where(ImportPart.import_id == import_id))


def packed(rows: Iterable[Any]) -> Iterator[bytes]:
    """The parts that so many rows make."""
    part = []
    for row in rows:
        part.append(row)
        if len(part) == ROWS:
            yield _packed(part)
            part = []
    if part:
        yield _packed(part)


def _packed(part: list[Any]) -> bytes:
    return zlib.compress(json.dumps(part, ensure_ascii=False).encode("utf-8", "surrogatepass"), 1)


def stored_rows(import_id: int, position: int) -> list[Any]:
    """Those of the part that begins behind so many rows."""
    query = select(ImportPart.content).where(
        ImportPart.import_id == import_id, ImportPart.position == position // ROWS
    )
    return json.loads(zlib.decompress(db.session.scalars(query).one()))[position % ROWS :]


class StoredFile(io.RawIOBase):
    """An import's file out of the database, a part at a time."""

    def __init__(self, import_id: int, size: int) -> None:
        self.import_id, self.size, self.place = import_id, size, 0
        self.part, self.content = -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.size}[whence]
        self.place = max(0, start + offset)
        return self.place

    def readinto(self, buffer: Any) -> int:
        if self.place >= self.size:
            return 0
        number, start = divmod(self.place, PART)
        if number != self.part:
            self.part, self.content = number, self._read(number)
        piece = self.content[start : start + len(buffer)]
        buffer[: len(piece)] = piece
        self.place += len(piece)
        return len(piece)

    def _read(self, number: int) -> bytes:
        query = select(ImportPart.content).where(
            ImportPart.import_id == self.import_id, ImportPart.position == number
        )
        return db.session.scalars(query).one()
