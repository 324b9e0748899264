"""The notifications of one person."""

from flask_babel import gettext as _
from sqlalchemy import BindParameter, Select, select

from webapp.notifications.models import UNREAD, Notification
from webapp.platform.database import db
from webapp.platform.errors import NotFound


def notifications_of(user_id: int) -> Select:
    return select(Notification).where(Notification.user_id == user_id)


def unread_of(user_id: int | BindParameter[int]) -> Select:
    """Their ids."""
    return select(Notification.id).where(Notification.user_id == user_id, UNREAD)


def own_notification(user_id: int, notification_id: int) -> Notification:
    """Raises NotFound for somebody else's, too."""
    found = db.session.get(Notification, notification_id)
    if found is None or found.user_id != user_id:
        raise NotFound(_("There is no such notification."))
    return found
