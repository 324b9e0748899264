"""The last month's closing goes to the accountant on the day that was chosen, once, as a link."""

import datetime as dt
import io
import re
import zipfile

import pytest
from sqlalchemy import update

from tests.factories import sign_in, work_off
from tests.support.invoices import authorized
from webapp.closings.models import ClosingStatus
from webapp.closings.queries import closing_of
from webapp.http.formatting import shop_day
from webapp.platform.clock import utc_now
from webapp.processing import recurring
from webapp.processing.models import RecurringRun
from webapp.processing.recurring import owe_recurring


@pytest.fixture
def settings(mail_settings):
    return mail_settings


@pytest.fixture
def on_day(monkeypatch, db):
    """Sweepers pass, some times, at noon of a day of the month after the NF-e."""

    def on_day(day: int, month: dt.date) -> None:
        after = (month.replace(day=1) + dt.timedelta(days=32)).replace(day=day)
        noon = dt.datetime.combine(after, dt.time(15), dt.UTC)
        monkeypatch.setattr(recurring, "utc_now", lambda: noon)
        for _pass in range(3):
            owe_recurring()
        db.session.execute(update(RecurringRun).values(due_at=utc_now()))
        db.session.commit()
        work_off()

    return on_day


def test_it_goes_out_on_its_day_once(db, client, inbox, on_day, monkeypatch):
    monkeypatch.setattr("webapp.processing.note_mail.one_by_one", lambda notes: [b""] * len(notes))
    invoice = authorized()
    inbox.letters.clear()
    sign_in(client, "accountant")
    wanted = {"accountant_email": "contas@example.com", "closing_day": "5"}
    assert client.post("/closing/delivery", data=wanted).status_code == 303

    issued_on = shop_day(invoice.issued_at)
    on_day(4, issued_on)
    assert inbox.letters == []
    on_day(5, issued_on)
    on_day(6, issued_on)
    (letter,) = inbox.letters
    assert letter["To"] == "contas@example.com"
    text = letter.get_body(("plain",)).get_content()
    assert "129,90" in text
    month = f"{issued_on:%Y-%m}"
    assert closing_of(month).status is ClosingStatus.SENT

    link = re.search(r"/closing/linked/\S+", text)[0]
    nobody = client.application.test_client()
    assert nobody.get(link).status_code == 200
    files = zipfile.ZipFile(io.BytesIO(nobody.get(f"{link}/files.zip").data))
    assert files.read(f"nfe/{invoice.access_key}.xml") == invoice.proc_xml
    assert nobody.get("/closing").status_code == 302


def test_a_day_wants_somebody_to_send_it_to(db, client):
    sign_in(client, "manager")
    answer = client.post("/closing/delivery", data={"closing_day": "31", "accountant_email": "x"})
    assert answer.status_code == 422 and "28" in answer.text
    answer = client.post("/closing/delivery", data={"closing_day": "5", "accountant_email": ""})
    assert answer.status_code == 422
