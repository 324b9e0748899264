"""Each morning those managers who want it are told what is low, once a day."""

from email.message import EmailMessage

from sqlalchemy import exists, select

from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.processing.letter_step import LetterStep
from webapp.reordering.letters import reorder_letter
from webapp.reordering.models import LetterStatus, ReorderLetter
from webapp.reordering.queries import low_products
from webapp.staff.models import Role, User
from webapp.taxation.queries import issuer_today


class ReorderStep(LetterStep[ReorderLetter]):
    model = ReorderLetter
    status = LetterStatus.PENDING
    batch = 5

    @staticmethod
    def written(row: ReorderLetter) -> EmailMessage:
        return reorder_letter(row)


def owe_reorder_letters() -> int:
    """Of today, to those who were not told yet; how many. Nobody is told where nothing is low."""
    today, now = issuer_today(), utc_now()
    told = exists().where(ReorderLetter.user_id == User.id, ReorderLetter.day == today)
    wanting = select(User.id).where(
        User.low_stock_mail, User.active, User.role.in_((Role.MANAGER, Role.ADMIN)), ~told
    )
    ids = db.session.scalars(wanting.order_by(User.id)).all()
    if not ids or not _is_any_low():
        return 0
    db.session.add_all([ReorderLetter.owed(today, user_id, now) for user_id in ids])
    return len(ids)


def _is_any_low() -> bool:
    return db.session.execute(low_products().limit(1)).first() is not None
