"""What is done with the files of one kind: looked over slice by slice, then taken."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from webapp.imports.models import Import, ImportKind
from webapp.imports.storage import forget_file
from webapp.platform.errors import Forbidden
from webapp.staff.access import may

Looked = TypeVar("Looked")
Fetched = TypeVar("Fetched")


class Sending(NamedTuple):
    """What comes with a file: who sends it and, of a table, what is said of its columns."""

    files: Sequence[FileStorage]
    asked_by: str
    pasted: str = ""
    mapping: str = ""
    decimal: str = ""


class ImportWork(ABC, Generic[Looked, Fetched]):
    """`role` may send and take such files, `readers` see what came of them."""

    kind: ImportKind
    role: ClassVar[str]
    readers: ClassVar[tuple[str, ...]]

    @abstractmethod
    def begin(self, sending: Sending) -> Import:
        """Keeps the file; a job looks it over. Raises Invalid."""

    @abstractmethod
    def look_over(self, row: Import, end: float) -> Looked:
        """Until `end` of the monotonic clock; writes nothing."""

    @abstractmethod
    def keep(self, row: Import, looked: Looked) -> None:
        """What was said of the rows; the import goes on."""

    def fetch(self, row: Import) -> Fetched | None:
        """What the next rows need that is read without a transaction."""
        return None

    @abstractmethod
    def take(self, row: Import, fetched: Any) -> int:
        """The next rows; how many are behind it."""

    def end(self, row: Import) -> None:
        """All of it is taken: what it needed for that is forgotten."""
        forget_file(row.id)


def refuse_role(work: ImportWork[Any, Any], reading: bool = False) -> None:
    """Raises Forbidden for whom such files are not."""
    if not may(work.role, *(work.readers if reading else ())):
        raise Forbidden(
            _("Your role does not open this page. Ask an administrator if you need it.")
        )
