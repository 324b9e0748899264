"""The sweeper's pass: takes up what dead workers held, rings for whatever the database owes, and
closes what is over its time."""

import contextlib
import datetime as dt
import logging

import redis
from flask import current_app
from sqlalchemy import ColumnElement, exists, select, update

from webapp.addresses.shared import end_claims
from webapp.messages.models import Mailbox
from webapp.messages.queries import THE_MAILBOX, the_mailbox
from webapp.platform.clock import database_now, utc_now
from webapp.platform.database import db, rows_changed
from webapp.platform.living import Listener, dead
from webapp.platform.notices import tell_work_held_back
from webapp.platform.queue import bell_key, note_sweeper, redis_of_app, ring_now
from webapp.platform.set_back import ClockWatch
from webapp.platform.sparing import sparing
from webapp.platform.transactions import only_reading
from webapp.processing.archive_upkeep import sum_up_older
from webapp.processing.failing_work import drop_unwanted
from webapp.processing.pipeline import WORKED, owing_queues
from webapp.processing.recurring import owe_recurring
from webapp.processing.ship_by import reckon_ship_by
from webapp.processing.signing_holds import let_sign
from webapp.processing.tax_holds import let_go_on
from webapp.sales.models import Sale, Status
from webapp.sales.placing import cancel_open
from webapp.store.sleep import is_asleep
from webapp.sums.keeping import keep_days

log = logging.getLogger(__name__)
listener, clock_watch = Listener(), ClockWatch()
# Behind a clock that was set back: tries a moment away are made as well.
TRIED_SOON = dt.timedelta(minutes=1)
CLOSED_AT_ONCE = 50


def sweep_once() -> list[str]:
    """Names of the queues rung. A doorbell may have been lost with Redis: whoever owes is rung for
    again."""
    _say_alive()
    if is_asleep():
        return []
    close_unpaid()
    take_up_from_the_dead()
    hurry_behind_clock(database_now(db.session))
    let_go_on()
    let_sign()
    keep_days()
    sum_up_older()
    owe_recurring()
    reckon_ship_by()
    open_mailbox()
    drop_unwanted()
    rung = [queue for queue in owing_queues() if _ring(queue)]
    return rung


def open_mailbox() -> None:
    """Where one is set, e-mails that come back are looked for from now on."""
    if not current_app.extensions["settings"].imap_url:
        return
    mailbox = the_mailbox()
    if mailbox is None or mailbox.due_at is None:
        mailbox = mailbox or Mailbox(id=THE_MAILBOX)
        mailbox.owe(utc_now())
        db.session.add(mailbox)
    db.session.commit()


def take_up_from_the_dead() -> None:
    """Nobody waits for the leases of a worker of this machine that died or is stuck."""
    data_dir = current_app.extensions["settings"].data_dir
    listener.end_stuck(data_dir)
    for worker in dead(data_dir):
        # Without Redis, one that asks for the same postal code waits some seconds.
        with contextlib.suppress(redis.RedisError):
            end_claims(redis_of_app(), worker)
        rows = sum(station.step.end_leases(worker) for station in WORKED if station.step)
        db.session.commit()
        if rows:
            log.info("a worker died at work; %s rows are taken up again", rows)


def hurry_behind_clock(now: dt.datetime) -> int:
    """What was due by the clock before it was set back does not wait until it says so again. The
    number of rows."""
    back = clock_watch.set_back(now)
    hurried = 0
    if back is not None:
        for station in WORKED:
            columns = station.model.__table__.c
            waits = (columns.status == station.status) & columns.lease.is_(None)
            by_then = columns.due_at.between(now, now + back + TRIED_SOON)
            hurry = update(station.model.__table__).where(waits & by_then)
            hurried += rows_changed(hurry.values(due_at=now))
        log.warning("the clock was set back by %s; %s rows are due all the same", back, hurried)
    db.session.commit()
    return hurried


def close_unpaid() -> int:
    """Unpaid sales over their time are cancelled and give their stock back."""
    if not _any_late():
        return 0
    late = select(Sale).where(is_late()).limit(CLOSED_AT_ONCE)
    sales = db.session.scalars(late.with_for_update(skip_locked=True)).all()
    for sale in sales:
        cancel_open(sale, "not paid in time")
    db.session.commit()
    return len(sales)


def is_late() -> ColumnElement[bool]:
    return (Sale.status == Status.OPEN) & (Sale.hold_until < database_now(db.session))


def _any_late() -> bool:
    with only_reading():
        late = db.session.execute(select(exists().where(is_late()))).scalar_one()
        db.session.rollback()
    return late


def _ring(queue: str) -> bool:
    connection = redis_of_app()
    try:
        # What is still due a second later was not taken: the quiet time of an earlier ring must not
        # stop this one.
        if not connection.exists(f"rq:queue:{queue}"):
            connection.delete(bell_key(queue))
        ring_now(connection, queue)
    except redis.RedisError as error:
        if sparing.lets_through("ring"):
            log.warning("cannot ring %s (%s); the next pass will", queue, type(error).__name__)
        return False
    return True


def _say_alive() -> None:
    # Redis may be away; the next pass says it again.
    with contextlib.suppress(redis.RedisError):
        note_sweeper(redis_of_app())
        tell_work_held_back(redis_of_app())
