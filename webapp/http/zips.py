"""Many files as one zip, made while it is sent."""

import io
import zipfile
from collections.abc import Iterable, Iterator

from flask import Response

CHUNK_BYTES = 65_536


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


def zipped(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """The bytes of a zip of these files, by their names, as they come."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
            if pipe.size > CHUNK_BYTES:
                yield pipe.take()
    yield pipe.take()


def zip_response(files: Iterable[tuple[str, bytes]], name: str) -> Response:
    """A download called `name`.zip."""
    response = Response(zipped(files), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    return response
