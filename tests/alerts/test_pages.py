"""Alerts as managers and programs see them; from which figures on they are told is set once."""

import datetime as dt

from sqlalchemy import select

from tests.factories import make_token, open_shop, sign_in
from webapp.alerts.limits import limits_of
from webapp.alerts.models import Alert
from webapp.alerts.telling import OPENED
from webapp.notifications.telling import notify
from webapp.staff.models import User
from webapp.store.queries import the_shop

T0 = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


def make_alert(db, kind, subject, worst, resolved_after=None, told_at=T0):
    resolved = resolved_after and T0 + dt.timedelta(seconds=resolved_after)
    alert = Alert(
        kind=kind,
        subject=subject,
        threshold=15,
        latest=20,
        worst=worst,
        opened_at=T0,
        told_at=told_at,
        resolved_at=resolved,
    )
    db.session.add(alert)
    db.session.commit()
    return alert


def test_open_and_past_ones_in_words(client, db):
    make_alert(db, "oldest", "invoices", 41)
    make_alert(db, "oldest", "mail", 95, resolved_after=7200)
    make_alert(db, "oldest", "bulk", 16, told_at=None)
    sign_in(client, "manager", locale="en")
    for page in ("/alerts", "/alerts/state"):
        shown = client.get(page).text
        assert "NF-e: the oldest work has waited for 20 min" in shown
        assert "E-mails: the oldest work has waited for 1 h 35 min" in shown
        assert "2 h 00 min" in shown and "Long-running jobs" not in shown.split('id="alerts"')[1]


def test_programs_read_them(client, db):
    open_ = make_alert(db, "oldest", "invoices", 41)
    past = make_alert(db, "oldest", "mail", 95, resolved_after=60)
    named = {"Authorization": f"Bearer {make_token('manager')}"}

    def ids(query=""):
        items = client.get(f"/api/v1/alerts{query}", headers=named).json["items"]
        return [item["id"] for item in items]

    assert ids() == [past.id, open_.id]
    assert (ids("?status=open"), ids("?status=resolved")) == ([open_.id], [past.id])


def test_limits_are_set_and_turned_off(client, db):
    open_shop()
    sign_in(client, "admin")
    form = {key: str(limit) for key, limit in limits_of(the_shop()).items()}
    wanted = form | {"oldest": "30", "mail": "", "worker": ""}
    refused = client.post("/settings/alerts", data=form | {"failing": "101"})
    assert refused.status_code == 422
    assert client.post("/settings/alerts", data=wanted).status_code == 303
    assert the_shop().alert_limits == {"oldest": 30, "mail": None, "worker": None}
    assert 'value="30"' in client.get("/settings/alerts").text


def test_a_manager_asks_for_e_mails_and_is_told_in_the_bell(client, db):
    email = sign_in(client, "manager")
    user = db.session.scalar(select(User).where(User.email == email))
    for wanted in ("1", "0"):
        assert client.post("/alerts/letters", data={"wanted": wanted}).status_code == 303
        assert user.alert_mail is (wanted == "1")
    notify([user], OPENED, {"alert": "disk", "subject": "", "value": 120}, "/alerts")
    db.session.commit()
    assert "The disk has room for 120 MB more" in client.get("/notifications").text
