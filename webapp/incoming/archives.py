"""Files as a person sends them: one zip, or XML files that become one. Looked over by what the zip
says of itself before anything is unpacked, kept in the database in parts, and read from there one
file at a time; nothing is unpacked onto the disk."""

import io
import zipfile
import zlib
from collections.abc import Sequence
from tempfile import SpooledTemporaryFile
from typing import IO

from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from webapp.fiscal.foreign import LONGEST, Unreadable
from webapp.imports.models import PART
from webapp.imports.storage import StoredFile
from webapp.platform.errors import FieldError, Invalid

MOST_FILES, MOST_RATIO = 20_000, 200
# Unpacked, one after the other.
MOST_BYTES = 2 * 2**30
LONGEST_NAME = 200
IN_MEMORY = 2 * 2**20
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# What ends a zip, and where in it its list of files is told.
_END, _END_LENGTH, _LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535
_ENTRY = 46 + LONGEST_NAME
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1


def as_archive(sent: Sequence[FileStorage]) -> IO[bytes]:
    """The zip that was sent, or one made of the XML files. Raises Invalid."""
    zips = [file for file in sent if _is_zip(file.stream)]
    if zips and len(sent) > 1:
        raise _refused(_("Send one zip, or XML files; not both at once."))
    if zips:
        return zips[0].stream
    made = SpooledTemporaryFile(IN_MEMORY)
    with zipfile.ZipFile(made, "w") as archive:
        for number, file in enumerate(sent, 1):
            with archive.open(zipfile.ZipInfo(file.filename or f"{number}.xml"), "w") as entry:
                while piece := file.stream.read(PART):
                    entry.write(piece)
    made.seek(0)
    return made


def _is_zip(stream: IO[bytes]) -> bool:
    head = stream.read(4)
    stream.seek(0)
    return head in _ZIP


def look_over(archive: IO[bytes]) -> list[str]:
    """The names of its files. Raises Invalid for a zip that could do harm."""
    size = archive.seek(0, io.SEEK_END)
    _refuse_long_list(archive, size)
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError):
        raise _unreadable() from None
    if not entries:
        raise _refused(_("There is no file in the zip."))
    for entry in entries:
        _refuse_strange(entry)
    packed = sum(entry.compress_size for entry in entries)
    if packed > size or sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise _refused(_("Unpacked, the zip is far too large."))
    return [entry.filename for entry in entries]


def _refuse_long_list(archive: IO[bytes], size: int) -> None:
    """Reading the list of a hundred thousand files would cost more than all that may be in them."""
    archive.seek(max(0, size - _END_LENGTH - _LONGEST_COMMENT))
    tail = archive.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) - end < _END_LENGTH:
        raise _unreadable()
    number = int.from_bytes(tail[end + 10 : end + 12], "little")
    length = int.from_bytes(tail[end + 12 : end + 16], "little")
    if number > MOST_FILES or length > MOST_FILES * _ENTRY:
        raise _refused(_("The zip has more than %(most)s files.", most=MOST_FILES))


def _refuse_strange(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    if "/" in name or "\\" in name or ":" in name:
        raise _refused(
            _(
                "“%(name)s” lies in a folder. Pack the XML files themselves, without folders.",
                name=name[:60],
            )
        )
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise _refused(_("A file in the zip has a name that is too long or cannot be printed."))
    if entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
        raise _refused(
            _("Unpacked, “%(name)s” is far too large for what it is packed in.", name=name[:60])
        )


def _unreadable() -> Invalid:
    return _refused(_("This is no zip that can be read."))


def _refused(message: str) -> Invalid:
    return Invalid([FieldError("file", message)])


def opened(import_id: int, size: int) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BufferedReader(StoredFile(import_id, size), PART))


def content_of(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Raises Unreadable."""
    if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
        raise Unreadable("packed")
    if entry.file_size > LONGEST:
        raise Unreadable("too_long")
    try:
        with archive.open(entry) as file:
            # The zip may lie about its size.
            content = file.read(LONGEST + 1)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError, ValueError, zlib.error):
        raise Unreadable("packed") from None
    if len(content) > LONGEST:
        raise Unreadable("too_long")
    return content
