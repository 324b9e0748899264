"""The shapes of imports in answers."""

from webapp.http.answers import OutShape


class ImportBegunOut(OutShape):
    id: int


class ImportProblemOut(OutShape):
    """`row` counts from 1; `column` is what of the row is wrong: of notes, the file's name."""

    row: int
    column: str
    message: str


class ImportOut(OutShape):
    """Of all `rows`, `accepted` are fit to be taken, `known` of them are here already; `problems`
    are those of the refused, the first two hundred."""

    id: int
    kind: str
    status: str
    rows: int
    accepted: int
    known: int
    refused: int
    problems: list[ImportProblemOut]
