"""What every provider's answer comes to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PostalAnswer:
    """What a provider says of a CEP (eight digits); blank where it says nothing.

    `ibge` is the city's code, from our own table where the provider lacks it. `complement` is a
    range of house numbers and `unit` a large user's name: neither belongs to the customer's
    address.
    """

    cep: str
    street: str
    neighborhood: str
    city: str
    state: str
    ibge: str
    complement: str
    unit: str
    provider: str


@dataclass(frozen=True)
class CompanyAnswer:
    """What a provider says of a CNPJ: the names and the address as registered. The address is blank
    where the company's seat is abroad; `situation` is Receita's word for its standing ("ATIVA",
    "BAIXADA")."""

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
