"""Packages and tables that others publish: taken whole, or refused in words."""

import datetime as dt
import io
import json
import zipfile
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from tests.factories import api, make_product, make_token, open_shop, sign_in
from tests.support.books_of_2027 import PACKAGE
from webapp.fiscal.reference_notes import refused_references
from webapp.fiscal.schema import BUILT_IN
from webapp.platform.errors import Invalid
from webapp.platform.issues import Issue
from webapp.sale_pages.fix_links import fix_link
from webapp.sales.models import Sale
from webapp.staff.models import Role
from webapp.store.queries import the_shop
from webapp.taxation.book import the_tax_book
from webapp.taxation.models import OfficialTable, SchemaPackage
from webapp.taxation.package_files import package_files
from webapp.taxation.table_files import IbptFile, NcmFile, TableFault

NCM = {
    "Data_Ultima_Atualizacao_NCM": "Vigente em 02/11/2026",
    "Nomenclaturas": [
        {
            "Codigo": "73",
            "Descricao": "Obras",
            "Data_Inicio": "01/04/2022",
            "Data_Fim": "31/12/9999",
        },
        {
            "Codigo": "7323.94.00",
            "Descricao": "De ferro esmaltado",
            "Data_Inicio": "01/04/2022",
            "Data_Fim": "31/12/9999",
        },
        {
            "Codigo": "4901.99.00",
            "Descricao": "Livros",
            "Data_Inicio": "01/04/2022",
            "Data_Fim": "31/12/2026",
        },
    ],
}
NCM_CSV = (
    "Tabela NCM vigente\n"
    "Código;Descrição;Data Início;Data Fim\n"
    "7323.94.00;De ferro;01/04/2022;31/12/9999\n"
)
IBPT = (
    "codigo;ex;tipo;descricao;nacionalfederal;importadosfederal;estadual;municipal;"
    "vigenciainicio;vigenciafim;chave;versao;fonte\n"
    "73239400;;0;Canecas de ferro e aço;13.45;15.20;18.00;0.00;"
    "20/10/2026;31/12/2099;4B1C;26.2.D;IBPT\n"
    "73239400;01;0;Exceção;1.00;1.00;1.00;1.00;20/10/2026;31/12/2099;4B1C;26.2.D;IBPT\n"
    "0101;;1;Serviço;1.00;1.00;1.00;1.00;20/10/2026;31/12/2099;4B1C;26.2.D;IBPT\n"
)


@pytest.fixture
def admin(client, db):
    open_shop()
    return sign_in(client, "admin")


def zipped(files, method=zipfile.ZIP_DEFLATED):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


def official(**changes):
    """The shipped package's files as a zip; None leaves one out."""
    files = {name.replace("_x_", "."): text for name, text in changes.items()}
    return zipped({name: text for name, text in (dict(BUILT_IN.files) | files).items() if text})


def send(client, path, field, content, **fields):
    return client.post(f"/settings/{path}", data=fields | {field: (io.BytesIO(content), "sent")})


def send_package(client, content, **fields):
    facts = {"name": "010h", "valid_from": "2026-12-14", **fields}
    return send(client, "schema-packages", "zip", content, **facts)


def refused(answer, field, words):
    return (
        answer.status_code == 422
        and f'id="f-{field}-error"' in answer.text
        and words in answer.text
    )


# Schema packages


@pytest.mark.both_databases
def test_a_package_is_used_from_its_first_day(client, db, admin):
    assert send_package(client, official()).status_code == 303
    book = the_tax_book()
    assert book.package(dt.date(2026, 12, 13)).name == BUILT_IN.name
    assert book.package(dt.date(2026, 12, 14)).name == "010h"
    assert book.package(dt.date(2027, 1, 1)).files == BUILT_IN.files
    assert "010h" in client.get("/settings/official-tables").text

    assert send_package(client, official()).status_code == 303, "said twice"
    package = db.session.scalars(select(SchemaPackage)).one()
    assert package.written_by == admin
    client.post(f"/settings/schema-packages/{package.id}/removal")
    assert the_tax_book().package(dt.date(2027, 1, 1)).name == BUILT_IN.name


LAYOUT = BUILT_IN.files["leiauteNFe_v4.00.xsd"]
DOCTYPE = b'<!DOCTYPE xs:schema [<!ENTITY a "b">]>\n'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<xs:schema/>", "no zip that can be read"),
        (b"", "no zip that can be read"),
        (official()[:-500], "no zip that can be read"),
        (official(**{"tiposBasico_v4.00.xsd": None}), "must have tiposBasico_v4.00.xsd"),
        (official(**{"leiame.txt": b"hello"}), "no file of a schema package"),
        (official(**{"../nfe_v4.00.xsd": b"x"}), "lies in a folder"),
        (official(**{"PL/nfe_v4.00.xsd": b"x"}), "lies in a folder"),
        (official(**{"x_v1.00.xsd": b" " * 30 * 2**20}), "far too large"),
        (official(**{"x_v1.00.xsd": b"no markup"}), "is no XML"),
        (official(**{"leiauteNFe_v4.00.xsd": DOCTYPE + LAYOUT.partition(b"?>\n")[2]}), "DOCTYPE"),
    ],
)
def test_what_is_no_zip_of_schemas_is_refused_in_words(content, words):
    with pytest.raises(Invalid) as refusal:
        package_files(io.BytesIO(content))
    assert [error.field for error in refusal.value.errors] == ["zip"]
    assert words in str(refusal.value.errors[0].message)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no zip", "no zip that can be read"),
        (official(**{"DFeTiposBasicos_v1.00.xsd": None}), "do not make a schema"),
        (
            official(**{"leiauteNFe_v4.00.xsd": LAYOUT.replace(b'name="vProd"', b'name="vBens"')}),
            "Our own notes do not fit",
        ),
        (
            official(
                **{
                    "leiauteNFe_v4.00.xsd": LAYOUT.replace(
                        b'schemaLocation="tiposBasico_v4.00.xsd"',
                        b'schemaLocation="http://127.0.0.1:9/tiposBasico_v4.00.xsd"',
                    )
                }
            ),
            "do not make a schema",
        ),
    ],
)
def test_a_package_that_is_refused_changes_nothing(client, db, admin, content, words):
    before = the_shop().tax_book_version
    assert refused(send_package(client, content), "zip", words)
    assert db.session.scalar(select(func.count(SchemaPackage.id))) == 0
    assert the_shop().tax_book_version == before and len(the_tax_book().packages) == 1


def test_a_package_as_that_of_simples_2027_fits_our_notes():
    """Where the elements stand is invented; that they are asked of the package is what counts."""
    assert refused_references(PACKAGE) == []


def test_a_package_has_a_name_and_a_first_day_of_its_own(client, db, admin):
    send_package(client, official())
    other = official(**{"x_v1.00.xsd": b"<x/>"})
    assert refused(send_package(client, other), "name", "already")
    assert refused(send_package(client, other, name="010i"), "valid_from", "already")
    assert refused(send_package(client, other, name="010 i!"), "name", "like 010h")
    answer = client.post(
        "/settings/schema-packages", data={"name": "a", "valid_from": "2026-12-14"}
    )
    assert refused(answer, "zip", "Choose a file.")


# NCM


@pytest.mark.both_databases
@pytest.mark.parametrize("content", [json.dumps(NCM).encode(), NCM_CSV.encode("utf-8-sig")])
def test_the_table_of_ncm_says_which_there_are(client, db, admin, content):
    assert send(client, "ncm-table", "ncm_file", content).status_code == 303
    table = the_tax_book().ncm
    assert table.knows("73239400", dt.date(2026, 11, 30))
    assert not table.knows("73239900", dt.date(2026, 11, 30)), "no such code"
    assert not table.knows("73", dt.date(2026, 11, 30)), "a chapter is no code"
    assert not table.knows("49019900", dt.date(2027, 1, 1)), "it has ended"


def test_a_later_table_takes_the_place_of_the_one_before(client, db, admin):
    send(client, "ncm-table", "ncm_file", json.dumps(NCM).encode())
    assert the_tax_book().ncm.published == dt.date(2026, 11, 2)
    send(client, "ncm-table", "ncm_file", NCM_CSV.encode())
    assert set(the_tax_book().ncm.periods) == {"73239400"}
    assert db.session.scalar(select(func.count(OfficialTable.id))) == 1


def test_a_product_takes_only_an_ncm_of_the_table_and_others_are_told(client, db, admin):
    product = make_product(sku="OLD-1", ncm="85234990")
    calls = api(client, make_token("manager"))
    sent = {"sku": "NEW-1", "name": "Caneca", "kind": "physical", "price": "10.00"}
    assert "only its chapter is looked at" in client.get("/settings/official-tables").text
    send(client, "ncm-table", "ncm_file", json.dumps(NCM).encode())

    answer = calls.post("/products", sent | {"ncm": "85234990"})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "ncm")
    assert calls.post("/products", sent | {"ncm": "73239400"}).status_code == 201
    renamed = calls.patch(f"/products/{product.sku}", {"name": "Another name"})
    assert renamed.status_code == 200, "what it has it may keep"
    assert "OLD-1" in client.get("/settings/official-tables").text


def without(column):
    rows = [{k: v for k, v in row.items() if k != column} for row in NCM["Nomenclaturas"]]
    return json.dumps(NCM | {"Nomenclaturas": rows}).encode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (json.dumps(NCM).encode("utf-16"), "not in UTF-8"),
        (json.dumps(NCM, ensure_ascii=False).replace("Obras", "Óbras").encode("cp1252"), "UTF-8"),
        (NCM_CSV.encode("utf-16"), "not in UTF-8"),
        (NCM_CSV.encode("cp1252"), "not in UTF-8"),
        (json.dumps(NCM).encode()[:-20], "not in UTF-8"),
        (b"[" * 100_000, "column codigo"),
        (b'{"a":' * 100_000, "not in UTF-8"),
        (official(), "not in UTF-8"),
        (b"", "column codigo"),
        (without("Data_Fim"), "column datafim is missing"),
        (without("Codigo"), "column codigo is missing"),
        (b'{"Nomenclaturas": 7}', "column Nomenclaturas is missing"),
        (NCM_CSV.replace("Data Fim", "Fim").encode(), "column datafim is missing"),
        (NCM_CSV.replace("31/12/9999", "31/13/2026").encode(), "is no day"),
        (NCM_CSV.replace("7323.94.00", "7323").encode(), "no NCM of eight digits"),
        (NCM_CSV.encode() + b"1234.56.78;x\n", "too few columns"),
    ],
)
def test_a_file_that_is_no_table_of_ncm_is_refused_in_words(content, words):
    with pytest.raises(TableFault, match=words):
        NcmFile(io.BytesIO(content))


def test_a_table_that_is_refused_leaves_the_one_before(client, db, admin):
    send(client, "ncm-table", "ncm_file", NCM_CSV.encode())
    broken = NCM_CSV.encode() + b"1234.56.78;x\n"
    assert refused(send(client, "ncm-table", "ncm_file", broken), "ncm_file", "too few columns")
    assert set(the_tax_book().ncm.periods) == {"73239400"}


# IBPT


@pytest.mark.both_databases
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig"])
def test_a_table_of_ibpt_tells_the_approximate_taxes_of_its_state(client, db, admin, encoding):
    answer = send(client, "ibpt-tables", "ibpt_file", IBPT.encode(encoding), state="SP")
    assert answer.status_code == 303
    book = the_tax_book()
    table = book.ibpt_of("SP", dt.date(2026, 11, 30))
    assert table.source == "IBPT 26.2.D" and list(table.rates) == ["73239400"]
    # 13.45 % (made here) or 15.20 % (imported), and 18 % of the state.
    assert table.burden("73239400", "0", Decimal("100.00")).total == Decimal("31.45")
    assert table.burden("73239400", "1", Decimal("100.00")).total == Decimal("33.20")
    assert book.ibpt_of("SP", dt.date(2026, 10, 19)) is book.ibpt_of("RJ", table.starts) is None

    send(client, "ibpt-tables", "ibpt_file", IBPT.encode(), state="SP")
    kept = db.session.scalars(select(OfficialTable)).one()
    client.post(f"/settings/official-tables/{kept.id}/removal")
    assert the_tax_book().ibpt == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (IBPT.encode("utf-16"), "not in UTF-8"),
        (official(), "not in UTF-8"),
        (IBPT.replace("estadual;", "").encode(), "column estadual is missing"),
        (IBPT.replace("13.45", "treze").encode(), "no rate in percent"),
        (IBPT.replace("13.45", "-1").encode(), "no rate in percent"),
        (IBPT.replace("13.45", "1e5").encode(), "no rate in percent"),
        (IBPT.replace("31/12/2099", "01/01/2001").encode(), "ends before it begins"),
        (IBPT.replace("73239400;;0", "X;;0").encode(), "no NCM"),
        (IBPT.partition("\n")[0].encode(), "no NCM of eight digits"),
        (
            (IBPT + "49019900;;0;Livros;1;1;1;0;01/01/2027;31/12/2099;x;27.1.A;IBPT\n").encode(),
            "same days, version and source",
        ),
    ],
)
def test_a_file_that_is_no_table_of_ibpt_is_refused_in_words(content, words):
    with pytest.raises(TableFault, match=words):
        IbptFile(io.BytesIO(content))


def test_a_table_of_ibpt_that_is_refused_is_not_half_taken(client, db, admin):
    broken = IBPT.encode() + b"49019900;;0;x;y;1;1;0;20/10/2026;31/12/2099;4B1C;26.2.D;IBPT\n"
    answer = send(client, "ibpt-tables", "ibpt_file", broken, state="SP")
    assert refused(answer, "ibpt_file", "no rate in percent")
    assert the_tax_book().ibpt == ()


# How much, and who


def told_to_be(megabytes):
    form = "multipart/form-data; boundary=x"
    return {"CONTENT_LENGTH": str(megabytes * 2**20), "CONTENT_TYPE": form}


def test_a_file_of_500_mb_is_refused_before_it_is_read(client, db, admin):
    answer = client.post("/settings/ncm-table", environ_overrides=told_to_be(500))
    assert answer.status_code == 413 and "at most 15 MB" in answer.text


def test_only_a_view_that_takes_a_file_is_sent_so_much(client, db, admin):
    for path, is_refused in (("house", True), ("ncm-table", False)):
        answer = client.post(f"/settings/{path}", environ_overrides=told_to_be(3))
        assert (answer.status_code == 413) is is_refused, path


@pytest.mark.parametrize("role", ["manager", "accountant"])
def test_only_an_administrator_may(client, db, role):
    sign_in(client, role)
    assert client.get("/settings/official-tables").status_code == 403
    answers = [
        send_package(client, official()),
        send(client, "ncm-table", "ncm_file", NCM_CSV.encode()),
        send(client, "ibpt-tables", "ibpt_file", IBPT.encode(), state="SP"),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]


def test_a_note_that_waits_for_a_package_leads_an_administrator_to_where_it_is_sent(app):
    issue = Issue("held_package", "calendar.packages", {"package": "010f"}, who="admin")
    with app.test_request_context():
        link = fix_link(issue, Sale(), Role.ADMIN)
        assert link.url == "/settings/official-tables#packages"
        assert fix_link(issue, Sale(), Role.ACCOUNTANT) is None
