"""The shapes of addresses and postal codes in answers."""

from webapp.http.answers import Moment, OutShape


class AddressOut(OutShape):
    """Abroad, `zip_code` and `state` are as that country writes them."""

    zip_code: str
    country: str
    state: str
    city: str
    neighborhood: str
    street: str
    number: str
    complement: str


class PostalCodeOut(OutShape):
    """`complement`: the range of house numbers; `unit`: the name of a large user of the code."""

    zip_code: str
    street: str
    neighborhood: str
    city: str
    state: str
    ibge: str
    complement: str
    unit: str
    provider: str
    fetched_at: Moment


class CompanyOut(OutShape):
    """As registered; the address is blank where the seat is abroad. `situation`: Receita Federal's
    word for its standing, like ATIVA or BAIXADA."""

    cnpj: str
    name: str
    trade_name: str
    situation: str
    zip_code: str
    street: str
    number: str
    complement: str
    neighborhood: str
    city: str
    state: str
    ibge: str
    provider: str
    fetched_at: Moment
