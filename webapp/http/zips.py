"""Many files as one zip, made while it is sent.

Written here rather than by `zipfile`, which keeps a kilobyte of each file until the end: of a
hundred thousand files the directory alone is kept, a hundred bytes of each.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import IO

from flask import Response

from webapp.platform.clock import utc_now

CHUNK_BYTES = 65_536
# Name and content: bytes, or an open file or an iterator that is read when its turn has come.
Content = bytes | IO[bytes] | Iterator[bytes]
File = tuple[str, Content]
# The format's own numbers (APPNOTE.TXT 6.3): version 4.5 for its large form, names in UTF-8 with
# sizes that follow the data, deflated.
_VERSION, _FLAGS, _DEFLATED = 45, 0x0808, 8
_LOCAL = struct.Struct("<4s5H3I2H")
_AFTER = struct.Struct("<4s3I")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_WIDE_OFFSET = struct.Struct("<2HQ")
_WIDE_END = struct.Struct("<4sQ2H2I4Q")
_WIDE_PLACE = struct.Struct("<4sIQI")
_END = struct.Struct("<4s4H2IH")
_MOST, _MOST_FILES = 0xFFFFFFFF, 0xFFFF


def zipped(files: Iterable[File]) -> Iterator[bytes]:
    """The bytes of a zip of these files, each below 4 GiB, as they come."""
    day, time = _stamp()
    directory, count, at = bytearray(), 0, 0
    waiting: list[bytes] = []
    size = 0
    for name, content in files:
        path = name.encode()
        head = _LOCAL.pack(b"PK\3\4", _VERSION, _FLAGS, _DEFLATED, time, day, 0, 0, 0, len(path), 0)
        waiting += (head, path)
        crc = whole = packed = 0
        deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        for part in _parts(content):
            crc, whole = zlib.crc32(part, crc), whole + len(part)
            waiting.append(deflate.compress(part))
            packed += len(waiting[-1])
            size += len(waiting[-1])
            if size > CHUNK_BYTES:
                yield b"".join(waiting)
                waiting.clear()
                size = 0
        waiting.append(deflate.flush())
        packed += len(waiting[-1])
        size += len(waiting[-1])
        waiting.append(_AFTER.pack(b"PK\7\10", crc, packed, whole))
        directory += _entry(path, (time, day), (crc, packed, whole), at)
        at += _LOCAL.size + len(path) + packed + _AFTER.size
        count += 1
    yield b"".join([*waiting, bytes(directory), _end(count, len(directory), at)])


def _parts(content: Content) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
    elif isinstance(content, Iterator) and not hasattr(content, "read"):
        yield from content
    else:
        while part := content.read(CHUNK_BYTES):
            yield part


def _entry(path: bytes, when: tuple[int, int], sizes: tuple[int, int, int], at: int) -> bytes:
    """A file's place in the directory; one that begins beyond 4 GiB says so in the wide form."""
    wide = _WIDE_OFFSET.pack(1, 8, at) if at >= _MOST else b""
    fixed = _ENTRY.pack(
        b"PK\1\2",
        _VERSION,
        _VERSION,
        _FLAGS,
        _DEFLATED,
        *when,
        *sizes,
        len(path),
        len(wide),
        0,
        0,
        0,
        0,
        min(at, _MOST),
    )
    return fixed + path + wide


def _end(count: int, size: int, at: int) -> bytes:
    wide = b""
    if count >= _MOST_FILES or at >= _MOST:
        place = at + size
        wide = _WIDE_END.pack(b"PK\6\6", 44, _VERSION, _VERSION, 0, 0, count, count, size, at)
        wide += _WIDE_PLACE.pack(b"PK\6\7", 0, place, 1)
    files = min(count, _MOST_FILES)
    return wide + _END.pack(b"PK\5\6", 0, 0, files, files, min(size, _MOST), min(at, _MOST), 0)


def _stamp() -> tuple[int, int]:
    """Day and time as the format writes them."""
    now = utc_now()
    day = (now.year - 1980) << 9 | now.month << 5 | now.day
    return day, now.hour << 11 | now.minute << 5 | now.second // 2


def zip_response(files: Iterable[File], name: str) -> Response:
    """A download called `name`.zip."""
    response = Response(zipped(files), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    return response
