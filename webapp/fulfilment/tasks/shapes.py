"""The shape of a task in answers."""

from typing import Literal

from webapp.http.answers import Moment, OutShape


class TaskOut(OutShape):
    id: int
    sale_id: int
    code: str
    title: str
    text: str
    status: Literal["open", "done"]
    outcome: str
    created_at: Moment
    done_at: Moment | None
