"""Files sent, looked over, taken in: by calls as programs send them, and by the page."""

import io
import re
import zipfile

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage

from tests.factories import api, make_product, make_sale, make_token, open_shop, sign_in, work_off
from tests.support.fiscal_notes import BUYER
from tests.support.incoming_notes import (
    SHOP_CNPJ,
    SUPPLIER,
    SUPPLIER_CNPJ,
    a_file,
    an_event,
    an_item,
    key_of,
    own_file,
    signed_note,
    zipped,
)
from webapp.imports.models import Import, ImportPart, ImportStatus
from webapp.imports.works import Sending
from webapp.incoming import archives, checking, note_imports
from webapp.incoming.models import IncomingEvent, IncomingNote, NoteStatus
from webapp.incoming.note_imports import NotesImport
from webapp.invoices.models import Invoice
from webapp.processing import import_steps

OTHER = "99777666000118"


@pytest.fixture
def calls(client, db):
    open_shop()
    return api(client, make_token("manager"))


def send(calls, *files: tuple[str, bytes], kind="notes"):
    data = {"kind": kind, "file": [(io.BytesIO(content), name) for name, content in files]}
    headers = calls.headers | {"Accept-Language": "en"}
    return calls.client.post("/api/v1/imports", data=data, headers=headers)


def looked_over(calls, *files: tuple[str, bytes]) -> dict:
    answer = send(calls, *files)
    assert answer.status_code == 202, answer.json
    work_off()
    return calls.get(f"/imports/{answer.json['id']}").json


def taken(calls, *files: tuple[str, bytes]) -> dict:
    found = looked_over(calls, *files)
    answer = calls.post(f"/imports/{found['id']}/take", {"skip_refused": True})
    assert answer.status_code == 202, answer.json
    work_off()
    return calls.get(f"/imports/{found['id']}").json


def notes(db) -> dict[str, IncomingNote]:
    db.session.rollback()
    return {note.access_key: note for note in db.session.scalars(select(IncomingNote))}


def test_a_past_and_a_suppliers_note_are_kept_as_they_came(calls, db):
    bought, sold = a_file(), own_file(number=7)

    found = taken(calls, ("month.zip", zipped({"a.xml": bought, "b.xml": sold})))

    told = {name: found[name] for name in ("status", "rows", "accepted", "known", "refused")}
    assert told == {"status": "done", "rows": 2, "accepted": 2, "known": 0, "refused": 0}
    here = notes(db)
    assert here[key_of(bought)].content == bought
    assert here[key_of(bought)].status is NoteStatus.KNOWN
    assert [here[key_of(file)].is_own for file in (bought, sold)] == [False, True]
    assert here[key_of(sold)].recipient_document == SUPPLIER_CNPJ
    assert db.session.scalar(select(func.count()).select_from(ImportPart)) == 0


def test_what_comes_twice_is_there_once(calls, db):
    file = a_file()
    event = an_event(key_of(file))
    taken(calls, ("a.xml", file), ("b.xml", event))

    again = taken(calls, ("a.xml", file), ("a2.xml", file), ("b.xml", event))

    assert (again["accepted"], again["known"]) == (3, 3)
    assert len(notes(db)) == 1
    assert db.session.scalar(select(func.count()).select_from(IncomingEvent)) == 1


@pytest.mark.parametrize("order", [1, -1], ids=["note first", "event first"])
def test_a_cancelled_note_is_so_in_whatever_order_its_files_come(calls, db, order):
    file = a_file()
    for name, content in [("n.xml", file), ("e.xml", an_event(key_of(file)))][::order]:
        taken(calls, (name, content))
    assert notes(db)[key_of(file)].status is NoteStatus.CANCELLED


def test_the_file_as_the_authority_has_it_takes_the_place_of_one_written_anew(calls, db):
    file = a_file()
    reformatted = re.sub(rb"(<(det|emit|total)[ >])", rb"\n  \1", file)
    taken(calls, ("a.xml", reformatted))
    assert notes(db)[key_of(file)].signature == "reformatted"

    assert taken(calls, ("a.xml", file))["known"] == 0
    assert notes(db)[key_of(file)].content == file


def test_the_shops_own_invoices_are_here_already(calls, db):
    make_product(sku="BOOK-1", kind="book")
    make_sale()
    work_off()
    invoice = db.session.scalars(select(Invoice)).one()

    found = taken(calls, ("own.xml", invoice.proc_xml))

    assert (found["known"], notes(db)) == (1, {})


def test_each_refused_file_is_told_by_its_name_and_reason(calls):
    file, stranger = a_file(), signed_note(SUPPLIER, recipient=BUYER)
    found = looked_over(
        calls,
        ("good.xml", file),
        ("changed.xml", file.replace(b"<vNF>", b"<vNF>1", 1)),
        ("stranger.xml", stranger),
        ("forged.xml", an_event(key_of(file), author=SHOP_CNPJ)),
        ("bomb.xml", b'<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>'),
        ("photo.jpg", b"\xff\xd8\xff"),
    )

    assert (found["status"], found["accepted"], found["refused"]) == ("ready", 1, 5)
    told = {problem["column"]: problem["message"] for problem in found["problems"]}
    assert [problem["row"] for problem in found["problems"]] == [2, 3, 4, 5, 6]
    assert "changed after it was signed" in told["changed.xml"]
    assert "another CNPJ" in told["stranger.xml"]
    assert "Somebody else than the note's issuer" in told["forged.xml"]
    assert "DOCTYPE" in told["bomb.xml"]
    assert "no XML" in told["photo.jpg"]
    refused = calls.post(f"/imports/{found['id']}/take", {"skip_refused": False})
    assert refused.status_code == 409
    assert "5 files are refused" in refused.json["detail"]


def test_a_fault_of_ours_with_one_file_holds_no_other_up(calls, monkeypatch, caplog):
    read = checking.read

    def fails(content, book):
        return 1 / 0 if content == b"<worst/>" else read(content, book)

    monkeypatch.setattr(checking, "read", fails)

    found = looked_over(calls, ("worst.xml", b"<worst/>"), ("good.xml", a_file()))

    assert (found["status"], found["accepted"], found["refused"]) == ("ready", 1, 1)
    assert "The program failed over this file" in found["problems"][0]["message"]
    assert "ZeroDivisionError" in caplog.text


def test_taken_twice_it_is_taken_once_and_put_away_it_is_not_taken(calls, client, db):
    found = taken(calls, ("a.xml", a_file()))
    assert calls.post(f"/imports/{found['id']}/take", {}).json["status"] == "done"

    found = looked_over(calls, ("b.xml", a_file(number=2)))
    sign_in(client, "manager")
    assert client.post(f"/imports/{found['id']}/discard").status_code == 303
    assert calls.post(f"/imports/{found['id']}/take", {}).status_code == 409
    assert len(notes(db)) == 1


def with_entry(name: str, **facts) -> bytes:
    """A zip of one file, of which it says something else than is so."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, facts.pop("content", b"<a/>"))
        for fact, value in facts.items():
            setattr(archive.infolist()[0], fact, value)
    return made.getvalue()


HOSTILE_ZIPS = {
    "a path up": (with_entry("../../etc/cron.d/x.xml"), "lies in a folder"),
    "a folder": (with_entry("notes/x.xml"), "lies in a folder"),
    "a path of Windows": (with_entry("..\\x.xml"), "lies in a folder"),
    "a drive": (with_entry("C:x.xml"), "lies in a folder"),
    "a name of two lines": (with_entry("a\nb.xml"), "cannot be printed"),
    "a bomb": (with_entry("x.xml", content=b" " * 4_000_000), "far too large"),
    "nothing in it": (zipped({}), "no file in the zip"),
    "cut short": (zipped({"x.xml": b"<a/>"})[:-30], "no zip that can be read"),
    "a list that is not there": (
        b"PK\x03\x04%60sPK\x05\x06" % b"" + b"\0\0\0\0\1\0\1\0\x2e\0\0\0" + b"\0" * 6,
        "no zip that can be read",
    ),
}


@pytest.mark.parametrize("what", HOSTILE_ZIPS)
def test_a_hostile_zip_is_refused_at_once(calls, what):
    content, words = HOSTILE_ZIPS[what]
    answer = send(calls, ("x.zip", content))
    assert answer.status_code == 422, answer.json
    assert [error["field"] for error in answer.json["errors"]] == ["file"]
    assert words in answer.json["errors"][0]["message"]


def test_a_zip_of_too_many_files_is_refused_before_its_list_is_read(calls, monkeypatch):
    monkeypatch.setattr(archives, "MOST_FILES", 3)
    answer = send(calls, ("x.zip", zipped({f"{n}.xml": b"<a/>" for n in range(4)})))
    assert "more than 3 files" in answer.json["errors"][0]["message"]


@pytest.mark.parametrize(
    "fact", [{"flag_bits": 1}, {"compress_type": zipfile.ZIP_LZMA}, {"CRC": 1}]
)
def test_a_file_that_cannot_be_unpacked_refuses_itself_alone(calls, fact):
    packed = with_entry("x.xml", **fact)
    found = looked_over(calls, ("x.zip", packed))
    assert (found["status"], found["refused"]) == ("ready", 1)
    assert "broken, locked" in found["problems"][0]["message"]


def test_a_wrong_kind_and_no_file_are_told_at_their_fields(calls):
    wrong = send(calls, ("a.xml", a_file()), kind="weather")
    assert wrong.status_code == 422
    assert "notes" in wrong.json["errors"][0]["message"]
    assert send(calls).status_code == 422


def test_a_long_import_goes_on_slice_by_slice(calls, db, monkeypatch):
    monkeypatch.setattr(import_steps, "SLICE_SECONDS", 0)
    monkeypatch.setattr(note_imports, "CHUNK", 2)
    files = [(f"{n}.xml", a_file(number=n)) for n in range(1, 6)]

    found = taken(calls, *files)

    assert (found["status"], found["rows"], found["accepted"]) == ("done", 5, 5)
    assert len(notes(db)) == 5


def test_products_are_found_by_bar_code_code_and_name_and_the_others_are_told(calls, db):
    make_product(sku="A", gtin="9786599999901")
    make_product(sku="FI-0002")
    make_product(sku="C", name="Mochila Cumbuco 40 l")
    items = (
        an_item(sku="X-1", gtin="9786599999901", name="Livro"),
        an_item(sku="fi-0002"),
        an_item(sku="X-3", name="MOCHILA CUMBUCO 40 L"),
        an_item(sku="X-4", name="Corda de escalada"),
    )
    looked_over(calls, ("a.xml", a_file(items=items)), ("b.xml", a_file(items=items, number=2)))

    [found] = db.session.scalars(select(Import))
    assert found.unmatched == [["", "X-4", "Corda de escalada", 2]]


def test_more_products_than_are_listed_are_told_of(client, db):
    open_shop()
    sign_in(client, "manager")
    items = tuple(an_item(sku=f"X-{number}", name=f"Corda {number}") for number in range(51))
    sent = {"kind": "notes", "file": [(io.BytesIO(a_file(items=items)), "a.xml")]}
    place = client.post("/imports", data=sent).headers["Location"]
    work_off()
    page = client.get(place).text
    assert "Corda 49" in page and "Corda 50" not in page
    assert "Only the 50 that most NF-e have are listed." in page


def test_files_of_incoming_notes_are_sent_as_notes(client, db):
    open_shop()
    sign_in(client, "manager")
    page = client.get("/incoming").text
    assert page.count('href="/imports?kind=notes"') == 2
    assert '<option value="notes" selected>' in client.get("/imports?kind=notes").text


@pytest.mark.both_databases
def test_pages_show_what_became_of_files_and_notes(client, db):
    open_shop()
    make_product(sku="FI-0002", name="Caneca")
    sign_in(client, "manager")
    file = a_file()
    sent = {"kind": "notes", "file": [(io.BytesIO(file), "a.xml"), (io.BytesIO(b"?"), "b.xml")]}
    place = client.post("/imports", data=sent).headers["Location"]
    work_off()

    page = client.get(place).text
    assert "1 file is new and fit to be taken." in page
    assert "The signature fits" in page and "no XML, or it is cut short" in page
    assert client.post(f"{place}/take", data={"skip_refused": "1"}).status_code == 303
    work_off()
    assert "Livraria Horizonte Ltda" in client.get("/incoming?q=horizonte").text
    [note] = notes(db).values()
    shown = client.get(f"/incoming/{note.id}").text
    assert "By the rules of its day" in shown and "FI-0002" in shown
    assert client.get(f"/incoming/{note.id}/xml").data == file
    for asked in ("?status=own", "?month=2026-10", "?status=unknown"):
        assert "Livraria Horizonte" not in client.get(f"/incoming{asked}").text


def test_a_page_without_a_file_is_shown_again(client, db):
    sign_in(client, "manager")
    answer = client.post("/imports", data={"kind": "notes"})
    assert answer.status_code == 422
    assert "Choose a file." in answer.text


def test_an_import_that_always_fails_is_refused_and_keeps_nothing(db, monkeypatch):
    open_shop()
    sent = [FileStorage(io.BytesIO(a_file()), "a.xml")]
    begun = NotesImport().begin(Sending(sent, "ana@example.com"))
    import_steps.CheckStep().give_up(begun, "ValueError: no")
    assert (begun.status, begun.error) == (ImportStatus.REFUSED, "ValueError: no")
    assert db.session.scalar(select(func.count()).select_from(ImportPart)) == 0
