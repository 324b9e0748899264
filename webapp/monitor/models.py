"""The work's history, kept compact."""

import datetime as dt

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.platform.columns import UtcDateTime
from webapp.platform.database import Model


class WorkSpan(Model):
    """What came of a queue's steps in the `seconds` from `began_at`: how many were `done`, and in
    vain each of those that were tried so, once. `times`: of the done ones how many took as long, by
    the places of `history.place_of`. `owed` and `oldest_s`: what waited at its end, and for how
    many seconds the oldest (of a longer span the most); None for one that was kept later."""

    __tablename__ = "work_spans"

    seconds: Mapped[int] = mapped_column(primary_key=True)
    began_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, primary_key=True)
    queue: Mapped[str] = mapped_column(String(12), primary_key=True)
    done: Mapped[int] = mapped_column(default=0)
    waited: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    given_up: Mapped[int] = mapped_column(default=0)
    owed: Mapped[int | None]
    oldest_s: Mapped[int | None]
    times: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
