"""Many files as one zip, made while it is sent."""

import io
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO

from flask import Response

CHUNK_BYTES = 65_536
# Name and content, as bytes or as an open file that is read when its turn has come.
File = tuple[str, bytes | IO[bytes]]


class _Pipe(io.RawIOBase):
    """Where the zip is written to: what was written since the last look is taken out and sent."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self._parts.append(bytes(data))
        self.size += len(data)
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        self.size = 0
        return taken


def zipped(files: Iterable[File]) -> Iterator[bytes]:
    """The bytes of a zip of these files, as they come."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            if isinstance(data, bytes):
                archive.writestr(name, data)
            else:
                with archive.open(name, "w", force_zip64=True) as file:
                    shutil.copyfileobj(data, file)
            if pipe.size > CHUNK_BYTES:
                yield pipe.take()
    yield pipe.take()


def zip_response(files: Iterable[File], name: str) -> Response:
    """A download called `name`.zip."""
    response = Response(zipped(files), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    return response
