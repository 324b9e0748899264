"""What the checks of codes, numbers and days look for: each field by itself or beside its twin,
against the tables."""

from datetime import timedelta

from webapp.fiscal.access_key import is_guessable
from webapp.fiscal.digits import is_gtin, is_gtin_given_out
from webapp.fiscal.document import BRAZIL, NO_GTIN, RETURN
from webapp.fiscal.places import STATES
from webapp.fiscal.predicates import Failures, Test, each_item, failing
from webapp.fiscal.reading import Reading, ReadItem, decimal
from webapp.fiscal.signature import ReformattedError, SignatureError, is_signed
from webapp.fiscal.tables import CFOPS, COUNTRY_CODES, PAYMENT_METHODS, RETURNING_CFOPS
from webapp.platform.towns import is_city_code

WEEK, OLDEST, AHEAD = timedelta(days=7), timedelta(days=30), timedelta(minutes=5)
COMPLEMENT, CREDIT = "2", "5"
# Rule I08-140: what gives goods back besides, and of natural gas alone. A note of credit does so
# for what was refused at the door, whole or in part (tpNFCredito), and may for another kind.
ALSO_RETURNED, GAS, GAS_RETURNED = {"1949", "2949"}, "27112100", {"5949", "6949"}
REFUSED_GOODS, MAY_GIVE_BACK = {"03", "06"}, {"03", "04", "06"}
# Rule B25-70: a shop's own returns of sales, and of packing, named no document before items did.
RETURNS_WITHOUT_REFERENCE = {"1201", "1202", "1410", "1411", "5921", "6921"}
# By the first digit of a CFOP: incoming or outgoing (`tpNF`), and how far it goes (`idDest`).
DIRECTION = dict(zip("123567", "000111", strict=True))
REACH = dict(zip("152637", "112233", strict=True))


def unknown_city(section: str) -> Test:
    """Of the right state (else another check speaks), yet IBGE knows no such town."""

    def test(reading: Reading) -> Failures:
        party = getattr(reading, section)
        code, state = party.get("cMun", ""), STATES.get(party.get("UF", ""))
        of_state = state is not None and code.startswith(state.code)
        return failing(of_state and not is_city_code(code), city=party.get("xMun", ""), ibge=code)

    return test


def unknown_country(reading: Reading) -> Failures:
    code = reading.recipient.get("cPais", "").lstrip("0")
    return failing(bool(code or reading.is_foreign) and code not in COUNTRY_CODES)


def home_abroad(reading: Reading) -> Failures:
    return failing(reading.is_foreign and reading.recipient.get("cPais") == BRAZIL["cPais"])


def abroad_at_home(reading: Reading) -> Failures:
    buyer = reading.recipient
    country = buyer.get("cPais", BRAZIL["cPais"]).lstrip("0")
    return failing(
        not reading.is_foreign and country != BRAZIL["cPais"] and "idEstrangeiro" not in buyer
    )


def numbers_with_gaps(reading: Reading) -> Failures:
    return failing(
        [item.number for item in reading.items] != list(range(1, len(reading.items) + 1))
    )


def unknown_cfop(_: Reading, item: ReadItem) -> bool:
    return item.product.get("CFOP") not in CFOPS


def returned_by_other_cfop(_: Reading, item: ReadItem) -> bool:
    """327, of an item of a note that gives goods back."""
    cfop, of_gas = item.product.get("CFOP", ""), item.product.get("NCM") == GAS
    also = cfop in ALSO_RETURNED or (of_gas and cfop in GAS_RETURNED)
    return cfop not in RETURNING_CFOPS and not also


def credits_refused_goods(reading: Reading) -> bool:
    ide = reading.identification
    return ide.get("finNFe") == CREDIT and ide.get("tpNFCredito") in REFUSED_GOODS


def gives_nothing_back(reading: Reading) -> bool:
    ide = reading.identification
    credit = ide.get("finNFe") == CREDIT and ide.get("tpNFCredito") in MAY_GIVE_BACK
    return ide.get("finNFe") not in (COMPLEMENT, RETURN) and not credit


def returning_cfop(_: Reading, item: ReadItem) -> bool:
    return item.product.get("CFOP") in RETURNING_CFOPS


def is_return(reading: Reading) -> bool:
    return reading.identification.get("finNFe") == RETURN


def cfop_of_other_direction(direction: str) -> Test:
    def test(reading: Reading, item: ReadItem) -> bool:
        written = reading.identification.get("tpNF")
        return written == direction != DIRECTION.get(item.product.get("CFOP", "")[:1], direction)

    return each_item(test)


def cfop_of_reach(reach: str) -> Test:
    """A CFOP of this reach on a note that goes elsewhere."""

    def test(reading: Reading, item: ReadItem) -> bool:
        goes = reading.identification.get("idDest")
        return REACH.get(item.product.get("CFOP", "")[:1]) == reach != goes

    return each_item(test)


def reach_of_state(reading: Reading) -> Failures:
    """772: to another state, says the note, and the goods stay; a shop's own other house may be
    meant."""
    same = reading.issuer.get("UF") == reading.goods_to.get("UF")
    own = reading.issuer.get("CNPJ") == reading.recipient.get("CNPJ")
    return failing(reading.identification.get("idDest") == "2" and same and not own)


def gtin_of_nobody(tag: str) -> Test:
    def test(_: Reading, item: ReadItem) -> bool:
        value = item.product.get(tag, "")
        return is_gtin(value) and not is_gtin_given_out(value)

    return each_item(test)


def gtin_alone(tag: str, other: str) -> Test:
    def test(_: Reading, item: ReadItem) -> bool:
        product = item.product
        given, twin = (product.get(name, NO_GTIN) != NO_GTIN for name in (tag, other))
        return given and not twin

    return each_item(test)


def units_differ(_: Reading, item: ReadItem) -> bool:
    product = item.product
    same_unit = product.get("uCom") == product.get("uTrib")
    return same_unit and decimal(product, "qCom") != decimal(product, "qTrib")


def discount_above_value(_: Reading, item: ReadItem) -> bool:
    return decimal(item.product, "vDesc") > decimal(item.product, "vProd")


def unknown_payment_method(reading: Reading) -> Failures:
    return [
        {"method": method}
        for one in reading.payments
        if (method := one.get("tPag", "")) not in PAYMENT_METHODS
    ]


def return_of_nothing(reading: Reading) -> Failures:
    """321, as it was before items named what they give back."""
    excepted = any(
        item.product.get("CFOP") in RETURNS_WITHOUT_REFERENCE or item.reference
        for item in reading.items
    )
    return failing(is_return(reading) and not excepted and not reading.refers)


def return_of_no_item(reading: Reading, item: ReadItem) -> bool:
    return is_return(reading) and not item.reference


def guessable_code(reading: Reading) -> Failures:
    ide = reading.identification
    return failing(is_guessable(ide.get("cNF", ""), ide.get("nNF", "")))


def issued_a_week_ago(reading: Reading) -> Failures:
    """150: the authority still takes it, and says that it is late."""
    return failing(WEEK < reading.now - reading.issued_at <= OLDEST)


def issued_too_long_ago(reading: Reading) -> Failures:
    return failing(reading.now - reading.issued_at > OLDEST)


def issued_ahead(reading: Reading) -> Failures:
    return failing(reading.issued_at - reading.now > AHEAD)


def wrong_signature(reading: Reading) -> Failures:
    error = _signature_error(reading)
    return failing(error is not None and not isinstance(error, ReformattedError))


def reformatted(reading: Reading) -> Failures:
    return failing(isinstance(_signature_error(reading), ReformattedError))


def _signature_error(reading: Reading) -> SignatureError | None:
    if not is_signed(reading.document):
        return None
    try:
        _ = reading.signed_by
    except SignatureError as error:
        return error
    return None
