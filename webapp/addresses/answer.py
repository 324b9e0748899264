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
