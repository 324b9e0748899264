"""Why a step came to nothing: as it is told, and by what failures with one cause are known as such.

A row is kept of each cause and shown to whoever looks after the jobs, so nothing in it may be a
person's: numbers of people and addresses of e-mail are masked, values that a statement was called
with are left out, and of a traceback only the places are kept.
"""

import hashlib
import re
import traceback
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError

MOST_TRACE = 8000
_PROGRAM = Path(__file__).parents[1]
_ROOT = f"{_PROGRAM.parent}/"
_MASK = "***"
_PERSONAL = re.compile(
    r"[^\s<>\"'(:,;=]+@[^\s<>\"'),;]+"
    # CPF, and CNPJ, of which the first twelve may be letters.
    r"|(?<![\w-])\d{3}\.?\d{3}\.?\d{3}-?\d{2}(?![\w-])"
    r"|(?<![\w-])(?=[0-9A-Z./]*\d)[0-9A-Z]{2}\.?[0-9A-Z]{3}\.?[0-9A-Z]{3}/?[0-9A-Z]{4}-?\d{2}(?![\w-])"
)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|«[^»]*»|“[^”]*”")
# Three digits alone are a code of SEFAZ or of SMTP.
_NUMBER = re.compile(r"(?<![\d.])(?!\b[1-9]\d\d\b)\d+")


class Reason(NamedTuple):
    """`key`: what is the same in all failures with this cause; `error`: as it is said; `place`: in
    which function of the program, "webapp/sales/models.py:12 go_to"."""

    key: str
    error: str
    place: str = ""
    trace: str = ""

    def fingerprint(self, kind: str, step: str) -> str:
        return hashlib.sha256(f"{kind}\n{step}\n{self.key}".encode()).hexdigest()


def masked(text: str) -> str:
    return _PERSONAL.sub(_MASK, text)


def error_words(error: BaseException) -> str:
    """Its class and what it says, as a row keeps it."""
    return f"{type(error).__name__}: {_said(error)}"[:300]


def reason_of_error(error: BaseException, code: str = "") -> Reason:
    """An exception is known by its class and place; by its `code` too, where it has one."""
    file, line, function = _place(error)
    place = f"{file}:{line} {function}" if file else ""
    key = f"{type(error).__name__} {file} {function} {code}"
    return Reason(key, error_words(error), place[:200], _trace(error))


def reason_of_answer(answer: str, key: str = "") -> Reason:
    """What the outside world answered is known by its words, without numbers and names; or by a
    `key`, such as its code."""
    said = masked(answer)[:300]
    return Reason(key or _NUMBER.sub("0", _QUOTED.sub("…", said)), said)


def _said(error: BaseException) -> str:
    """Of the database's refusal the first line: the next ones, and the values, may be anybody's."""
    if isinstance(error, DBAPIError):
        return masked(str(error.orig).partition("\n")[0])
    return masked(str(error))


def _place(error: BaseException) -> tuple[str, int, str]:
    """The innermost frame of the program itself."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).is_relative_to(_PROGRAM):
            return frame.filename.removeprefix(_ROOT), frame.lineno or 0, frame.name
    return "", 0, ""


def _trace(error: BaseException) -> str:
    """The end of it: what is innermost stands last."""
    parts: list[str] = []
    told: BaseException | None = error
    seen: set[int] = set()
    while told is not None and id(told) not in seen:
        seen.add(id(told))
        frames = traceback.extract_tb(told.__traceback__)
        lines = (
            f"  {frame.filename.removeprefix(_ROOT)}:{frame.lineno} {frame.name}\n    {frame.line}"
            for frame in frames
        )
        parts.insert(0, "\n".join((*lines, error_words(told))))
        told = told.__cause__ or (None if told.__suppress_context__ else told.__context__)
    return "\n\n".join(parts)[-MOST_TRACE:]
