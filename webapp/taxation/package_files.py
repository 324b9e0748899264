"""An official schema package out of its zip, as somebody sends it: looked at before anything of it
is believed."""

import re
import zipfile
from typing import IO

from flask_babel import gettext as _
from lxml import etree

from webapp.fiscal.schema import NOTE, PROCESSED
from webapp.platform.errors import FieldError, Invalid

MOST_FILES, MOST_BYTES, MOST_RATIO = 200, 20 * 2**20, 200
# As the authority names its files; what a note is built from must be among them.
_OFFICIAL = re.compile(r"[A-Za-z][A-Za-z0-9-]*_v[0-9]{1,2}\.[0-9]{2}\.xsd", re.ASCII)
_NEEDED = (NOTE, PROCESSED, "leiauteNFe_v4.00.xsd", "tiposBasico_v4.00.xsd")


def package_files(sent: IO[bytes]) -> dict[str, bytes]:
    """By name. Raises Invalid for what is no zip of an official package; nothing is unpacked onto
    the disk."""
    try:
        with zipfile.ZipFile(sent) as archive:
            _look_over(archive.infolist())
            return {entry.filename: _read(archive, entry) for entry in archive.infolist()}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise _refused(
            _("This is no zip that can be read. Send the package as the authority publishes it.")
        ) from None


def _look_over(entries: list[zipfile.ZipInfo]) -> None:
    """By what the zip says of its files, before one is read."""
    names = [entry.filename for entry in entries]
    if len(entries) > MOST_FILES:
        raise _refused(_("The zip has more than %(most)s files.", most=MOST_FILES))
    for name in names:
        if "/" in name or "\\" in name:
            raise _refused(
                _(
                    "“%(name)s” lies in a folder. Pack the .xsd files themselves, without folders.",
                    name=name[:60],
                )
            )
        if not _OFFICIAL.fullmatch(name):
            raise _refused(_("“%(name)s” is no file of a schema package.", name=name[:60]))
    for name in _NEEDED:
        if names.count(name) != 1:
            raise _refused(_("The package must have %(name)s once.", name=name))
    if len(set(names)) != len(names):
        raise _refused(_("A file is in the zip twice."))
    if sum(entry.file_size for entry in entries) > MOST_BYTES or any(
        entry.file_size > MOST_RATIO * max(entry.compress_size, 1) for entry in entries
    ):
        raise _refused(_("Unpacked, the zip is far too large for a schema package."))


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as file:
        # The zip may lie about its size.
        content = file.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise zipfile.BadZipFile
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        tree = etree.fromstring(content, parser).getroottree()
    except etree.XMLSyntaxError:
        raise _refused(_("%(name)s is no XML.", name=entry.filename)) from None
    if tree.docinfo.internalDTD is not None:
        raise _refused(
            _(
                "%(name)s has a DOCTYPE or entities, which no official file has.",
                name=entry.filename,
            )
        )
    return content


def _refused(message: str) -> Invalid:
    return Invalid([FieldError("zip", message)])
