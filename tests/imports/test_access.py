"""Who may send which files, and who sees what came of them."""

import io

from tests.factories import api, make_token, open_shop, sign_in, work_off
from tests.support.imported_tables import send
from tests.support.incoming_notes import a_file

TABLE = "nome;cpf\nMaria;529.982.247-2\n"


def test_a_clerk_sends_tables_and_a_manager_notes_too(client, db):
    open_shop()
    clerk, manager = (api(client, make_token(role)) for role in ("clerk", "manager"))
    assert send(clerk, TABLE, "customers").status_code == 202
    assert send(clerk, a_file(), "notes", name="a.xml").status_code == 403
    sent = send(manager, a_file(), "notes", name="a.xml")
    assert sent.status_code == 202
    assert clerk.get(f"/imports/{sent.json['id']}").status_code == 403
    assert clerk.post(f"/imports/{sent.json['id']}/take", {}).status_code == 403


def test_an_accountant_sees_notes_alone(client, db):
    open_shop()
    table = send(api(client, make_token("clerk")), TABLE, "customers").json["id"]
    note = send(api(client, make_token("manager")), a_file(), "notes", name="a.xml").json["id"]
    sign_in(client, "accountant")
    assert client.get(f"/imports/{table}").status_code == 403
    assert client.get(f"/imports/{note}").status_code == 200
    page = client.get("/imports").text
    assert "a.xml" in page and "t.csv" not in page and "pasted" not in page


def test_rows_that_name_persons_are_seen_by_who_sent_them_and_by_who_sees_documents(client, db):
    open_shop()
    sign_in(client, "clerk")
    sent = {"kind": "customers", "file": (io.BytesIO(TABLE.encode()), "t.csv")}
    place = client.post("/imports", data=sent).headers["Location"]
    work_off()
    assert client.get(f"{place}/refused.csv", buffered=True).status_code == 200
    assert "529.982" in client.get(place).text
    sign_in(client, "clerk")
    assert "529.982" not in client.get(place).text
    assert client.get(f"{place}/refused.csv").status_code == 403
    sign_in(client, "reviewer")
    assert client.get(f"{place}/refused.csv", buffered=True).status_code == 200
