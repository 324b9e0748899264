"""Notes of goods that come back: right values by hand for each regime, and parts that add up."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from lxml import etree
from nfelib.nfe.bindings.v4_0.nfe_v4_00 import Nfe

from tests.support.books_of_2027 import FULL, profiled
from tests.support.fiscal_notes import BOOKSHOP, CURITIBA, GIFT, MUG, NOW, a_note, an_item
from webapp.fiscal.checks import run_checks
from webapp.fiscal.document import Numbering, build
from webapp.fiscal.note import Address, Note
from webapp.fiscal.reading import Reading
from webapp.fiscal.returning import Original, Span, free_spans, given_back
from webapp.fiscal.sandbox import SandboxAuthority
from webapp.fiscal.sandbox_ledger import MemoryLedger
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.fiscal.xml import NAMESPACE
from webapp.platform.issues import ERROR

RIO = Address("Rua da Carioca", "10", "", "Centro", "Rio de Janeiro", "3304557", "RJ", "20050008")
# Three at 33.33, 0.01 off in all and 10.00 of freight: what does not divide by three.
THREE = an_item(
    quantity=3, unit_price=Decimal("33.33"), discount=Decimal("0.01"), freight=Decimal("10.00")
)
JANUARY = datetime(2027, 1, 4, 15, 0, tzinfo=UTC)


def sold(note: Note, book=EXAMPLE_BOOK, moment=NOW) -> bytes:
    return etree.tostring(build(note, book, Numbering(1, 101, moment, "48151623")))


def returned(note: Note, *wanted: tuple[int, list[Span]], book=EXAMPLE_BOOK, sold_on=NOW, on=NOW):
    """The document of a return: (number of the item, its units) each."""
    original = Original.of(sold(note, book, sold_on))
    pairs = [given_back(original, n, spans, note.issuer.crt, 1) for n, spans in wanted]
    items = tuple(item for item, _tax in pairs)
    back = a_note(
        crt=note.issuer.crt,
        recipient=note.recipient,
        delivery=note.delivery,
        items=items,
        return_reason="arrependimento",
    )
    document = build(back, book, Numbering(1, 102, on, "48151624"), [tax for _item, tax in pairs])
    return back, document


def faults(note: Note, document, book=EXAMPLE_BOOK, moment=NOW) -> list[str]:
    return [
        f"{issue.code} {issue.text}"
        for issue in run_checks(note, document, book, moment).issues
        if issue.level == ERROR
    ]


def whole(note: Note, **changes):
    return returned(
        note, *((n, [Span(0, item.quantity)]) for n, item in enumerate(note.items, 1)), **changes
    )


def text(document, path: str) -> str | None:
    steps = "/".join(f"{{{NAMESPACE}}}{tag}" for tag in path.split("/"))
    return document.findtext(f".//{steps}")


def values(document) -> dict[str, Decimal]:
    """All amounts of the first item and of the totals, by their paths."""
    found = {}
    for place in ("det", "total"):
        root = document.find(f".//{{{NAMESPACE}}}{place}")
        for leaf in root.iter("*"):
            name = etree.QName(leaf).localname
            if len(leaf) == 0 and name.startswith("v") and not name.startswith("vUn"):
                trail = [etree.QName(each).localname for each in (leaf, *leaf.iterancestors())]
                found["/".join(reversed(trail[: trail.index(place) + 1]))] = Decimal(leaf.text)
    return found


def together(*parts: tuple[Note, etree._Element]) -> dict[str, Decimal]:
    """The amounts of several returns added up."""
    summed: dict[str, Decimal] = {}
    for _back, document in parts:
        for path, value in values(document).items():
            summed[path] = summed.get(path, Decimal(0)) + value
    return summed


def test_a_shop_in_simples_takes_a_mug_back():
    note = a_note(items=(MUG,))
    back, document = returned(note, (1, [Span(0, 1)]))
    assert faults(back, document) == []
    told = {
        "ide/natOp": "Devolucao de venda de mercadoria",
        "ide/tpNF": "0",
        "ide/idDest": "1",
        "ide/finNFe": "4",
        "ide/indFinal": "1",
        "ide/indPres": "2",
        "dest/CPF": "99910482860",
        "dest/indIEDest": "9",
        "prod/CFOP": "1202",
        "prod/qCom": "1",
        "prod/vProd": "45.50",
        "ICMSSN102/CSOSN": "102",
        "DFeReferenciado/chaveAcesso": Original.of(sold(note)).access_key,
        "DFeReferenciado/nItem": "1",
        "ICMSTot/vNF": "45.50",
        "transp/modFrete": "0",
        "detPag/tPag": "90",
        "detPag/vPag": "0.00",
    }
    assert {path: text(document, path) for path in told} == told
    assert text(document, "ide/NFref") is None and text(document, "imposto/vTotTrib") is None
    assert "Motivo: arrependimento" in text(document, "infAdic/infCpl")


def test_the_normal_regime_gives_back_difal_fund_and_ibs_of_another_state():
    """One of two at 100.00, from SP to RJ: 12 % between the states, 20 + 2 % there."""
    item = an_item(quantity=2, unit_price=Decimal("100.00"))
    back, document = returned(a_note(crt="3", address=RIO, items=(item,)), (1, [Span(0, 1)]))
    assert faults(back, document) == []
    told = {
        "ide/idDest": "2",
        "prod/CFOP": "2202",
        "ICMS00/vBC": "100.00",
        "ICMS00/vICMS": "12.00",
        "ICMSUFDest/vBCUFDest": "100.00",
        "ICMSUFDest/vICMSUFDest": "8.00",
        "ICMSUFDest/vFCPUFDest": "2.00",
        "PISAliq/vPIS": "0.57",  # 88.00 at 0.65 %
        "COFINSAliq/vCOFINS": "2.64",
        # 100.00 - 12.00 - 8.00 - 2.00 - 0.57 - 2.64, of which the original has twice as much
        "gIBSCBS/vBC": "74.79",
        "gIBSUF/vIBSUF": "0.07",
        "gCBS/vCBS": "0.67",
        "ICMSTot/vFCPUFDest": "2.00",
        "ICMSTot/vICMSUFDest": "8.00",
        "IBSCBSTot/vBCIBSCBS": "74.79",
        "det/vItem": "100.00",
        "total/vNFTot": "100.00",
    }
    assert {path: text(document, path) for path in told} == told


@pytest.mark.parametrize("crt", ["1", "2", "3", "4"])
@pytest.mark.parametrize("address", [RIO, CURITIBA, None])
def test_units_returned_one_by_one_add_up_to_the_original(crt, address):
    note = a_note(crt=crt, items=(THREE,), **({"address": address} if address else {}))
    original = values(etree.fromstring(sold(note)))
    parts = [returned(note, (1, [Span(n, n + 1)])) for n in range(3)]
    assert [faults(*part) for part in parts] == [[], [], []]
    assert together(*parts) == original
    assert values(whole(note)[1]) == original


@pytest.mark.parametrize(
    ("crt", "changes", "icms", "cfop"),
    [
        ("4", {}, "900", "1202"),
        ("4", {"address": CURITIBA}, "900", "2202"),
        ("4", {"items": (GIFT,)}, "400", "1949"),
        ("1", {"address": CURITIBA}, "102", "2202"),
        ("1", {"items": (GIFT,), "address": CURITIBA}, "400", "2949"),
        ("3", {}, "00", "1202"),
    ],
)
def test_codes_by_regime(crt, changes, icms, cfop):
    back, document = whole(a_note(crt=crt, **{"items": (MUG,)} | changes))
    assert faults(back, document) == []
    read = Reading(document, None, None).items[0]
    group = read.taxes["ICMS"]
    found = group.get("CSOSN") or group["CST"]
    assert (found, read.product["CFOP"]) == (icms, cfop)


@pytest.mark.parametrize(
    ("crt", "profile", "cfops"),
    [
        ("1", {"icms": "500", "nature": "st_paid", "cest": "1234567"}, ("1411", "2411")),
        ("3", {"icms": "60", "nature": "st_paid", "cest": "1234567"}, ("1411", "2411")),
        ("1", {"icms": "102", "nature": "own_make"}, ("1201", "2201")),
        ("3", {"icms": "20", "reduction": Decimal("33.33")}, ("1202", "2202")),
    ],
)
def test_goods_of_other_profiles_come_back_by_their_own_cfop(crt, profile, cfops):
    book = profiled(**profile)
    for cfop, place in zip(cfops, ({}, {"address": CURITIBA}), strict=True):
        back, document = whole(a_note(crt=crt, items=(THREE,), **place), book=book)
        assert faults(back, document, book) == []
        assert text(document, "prod/CFOP") == cfop


@pytest.mark.parametrize("crt", ["1", "2", "3", "4"])
def test_in_january_goods_of_december_come_back_by_the_rates_of_december(crt):
    note = a_note(crt=crt, items=(THREE,), address=RIO)
    december = NOW + timedelta(days=30)
    back, document = whole(note, book=FULL, sold_on=december, on=JANUARY)
    assert faults(back, document, FULL, JANUARY) == []
    assert values(document) == values(etree.fromstring(sold(note, FULL, december)))
    # Rates of January are wrong there.
    if crt == "3":
        rate = document.find(f".//{{{NAMESPACE}}}pCBS")
        rate.text = "8.8000"
        assert "1037" in faults(back, document, FULL, JANUARY)[0]


@pytest.mark.parametrize("crt", ["1", "2", "3"])
def test_goods_of_january_come_back_with_what_simples_tells(crt):
    note = a_note(crt=crt, items=(THREE,))
    parts = [
        returned(note, (1, [Span(n, n + 1)]), book=FULL, sold_on=JANUARY, on=JANUARY)
        for n in range(3)
    ]
    assert [faults(*part, FULL, JANUARY) for part in parts] == [[], [], []]
    assert together(*parts) == values(etree.fromstring(sold(note, FULL, JANUARY)))


def test_a_company_s_goods_come_back_from_where_they_went():
    """Registered in SP, delivered in PR: fetched there, a note between states."""
    note = a_note(crt="3", recipient=BOOKSHOP, delivery=CURITIBA, items=(THREE,))
    back, document = whole(note)
    assert faults(back, document) == []
    assert text(document, "retirada/UF") == "PR" and text(document, "entrega/UF") is None
    assert (text(document, "ide/idDest"), text(document, "prod/CFOP")) == ("2", "2202")
    assert text(document, "dest/IE") == "669182042119"


def test_an_item_that_names_no_note_is_refused():
    back, document = whole(a_note(items=(MUG,)))
    reference = document.find(f".//{{{NAMESPACE}}}DFeReferenciado")
    reference.getparent().remove(reference)
    assert {fault[:3] for fault in faults(back, document)} == {"321"}


def test_free_units_are_the_first_that_no_return_holds():
    taken = [Span(4, 5), Span(0, 1)]
    assert free_spans(taken, 6, 1) == [Span(1, 2)]
    assert free_spans(taken, 6, 4) == [Span(1, 4), Span(5, 6)]
    assert free_spans([], 2, 2) == [Span(0, 2)]
    with pytest.raises(ValueError):
        free_spans(taken, 6, 5)


def test_units_between_others_add_up_too():
    note = a_note(crt="3", items=(THREE,), address=RIO)
    ends = returned(note, (1, [Span(0, 1), Span(2, 3)]))
    middle = returned(note, (1, [Span(1, 2)]))
    assert faults(*ends) == faults(*middle) == []
    assert together(ends, middle) == values(etree.fromstring(sold(note)))


def test_programs_of_others_accept_it(signer, verified_elsewhere):
    back, document = whole(a_note(crt="3", items=(THREE, MUG), address=RIO))
    signed = signer.sign(document)
    assert verified_elsewhere(signed)
    assert Nfe.from_xml(signed.decode()).infNFe.ide.finNFe.value == "4"
    answer = SandboxAuthority(MemoryLedger(), lambda: NOW).authorize([signed])[0]
    assert (answer.code, answer.reason) == ("100", "Autorizado o uso da NF-e")
