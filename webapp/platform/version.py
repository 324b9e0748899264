"""Which version of the program a process runs: two that differ were started from different code."""

import hashlib
import re
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_REVISION = re.compile(r"([0-9]{4})_")


def _reckoned() -> str:
    digest, newest = hashlib.sha256(), "0000"
    for file in sorted(_PACKAGE.rglob("*.py")):
        digest.update(file.read_bytes())
        if file.parent.name == "versions" and (found := _REVISION.match(file.name)):
            newest = max(newest, found[1])
    return f"{newest}-{digest.hexdigest()[:6]}"


# As "0077-3fa9c1": the newest migration that the code knows, by which the older of two is told, and
# what the code itself comes to. Of the time when the code was read: a process, and all that are
# forked from it, keeps what it was started with, whatever is on the disk later.
VERSION = _reckoned()
