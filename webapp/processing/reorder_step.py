"""Each morning those managers who want it are told what is low, once a day."""

from email.message import EmailMessage

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError

from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.processing.letter_step import LetterStep
from webapp.reordering.letters import reorder_letter
from webapp.reordering.models import LetterStatus, ReorderLetter
from webapp.reordering.queries import low_products
from webapp.staff.models import Role, User
from webapp.store.queries import issuer_zone
from webapp.taxation.queries import issuer_today

# From this hour on, by the shop's clock.
MORNING = 6


class ReorderStep(LetterStep[ReorderLetter]):
    model = ReorderLetter
    status = LetterStatus.PENDING
    batch = 5

    @staticmethod
    def written(row: ReorderLetter) -> EmailMessage:
        return reorder_letter(row)


def owe_reorder_letters() -> int:
    """In each pass of a sweeper; how many were owed. Nobody is told where nothing is low."""
    with only_reading():
        today = issuer_today()
        told = exists().where(ReorderLetter.user_id == User.id, ReorderLetter.day == today)
        wanting = select(User.id).where(
            User.low_stock_mail, User.active, User.role.in_((Role.MANAGER, Role.ADMIN)), ~told
        )
        ids = db.session.scalars(wanting.order_by(User.id)).all()
        due = bool(ids) and _is_morning() and _is_any_low()
        db.session.rollback()
    if not due:
        return 0
    now = utc_now()
    db.session.add_all([ReorderLetter.owed(today, user_id, now) for user_id in ids])
    try:
        db.session.commit()
    except IntegrityError:
        # Another sweeper was first.
        db.session.rollback()
        return 0
    return len(ids)


def _is_morning() -> bool:
    return utc_now().astimezone(issuer_zone()).hour >= MORNING


def _is_any_low() -> bool:
    return db.session.execute(low_products().limit(1)).first() is not None
