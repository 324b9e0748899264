"""The public registers that are looked up: postal codes, and companies by their CNPJ.

Everything else about a look-up (failover, breakers, pace, kept answers) is the same for both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

from webapp.addresses import company_providers, providers
from webapp.addresses.answer import CompanyAnswer, PostalAnswer
from webapp.addresses.models import Company, PostalCode
from webapp.addresses.providers import Answer, Provider
from webapp.platform.cep import normalize_cep
from webapp.platform.database import Model
from webapp.platform.documents import DocumentKind, document_kind, normalize_document
from webapp.platform.settings import Settings


@dataclass(frozen=True)
class Register(Generic[Answer]):
    """`key` is what its entries are asked for by, and the first column of `table`; `normalize`
    gives its bare form, the only one that is looked up. `is_noted`: whether people are told how its
    providers are, because sales wait for them."""

    key: str
    takes: str
    normalize: Callable[[str], str | None]
    answer: type[Answer]
    table: type[Model]
    names: Callable[[Settings], tuple[str, ...]]
    providers: dict[str, Callable[[Settings], Provider[Answer]]]
    is_noted: bool = False


def normalize_cnpj(written: str) -> str | None:
    """The bare CNPJ (14 characters) of `written`, or None."""
    bare = normalize_document(written)
    return bare if bare and document_kind(bare) is DocumentKind.CNPJ else None


POSTAL_CODES = Register(
    key="cep",
    takes="the eight digits of normalize_cep",
    normalize=normalize_cep,
    answer=PostalAnswer,
    table=PostalCode,
    names=lambda settings: settings.cep_providers,
    providers={
        "viacep": lambda settings: providers.viacep(settings.viacep_url),
        "brasilapi": lambda settings: providers.brasilapi(),
        "opencep": lambda settings: providers.opencep(),
        "awesomeapi": lambda settings: providers.awesomeapi(),
    },
    is_noted=True,
)
COMPANIES = Register(
    key="cnpj",
    takes="the fourteen characters of normalize_cnpj",
    normalize=normalize_cnpj,
    answer=CompanyAnswer,
    table=Company,
    names=lambda settings: settings.cnpj_providers,
    providers={
        "brasilapi": lambda settings: company_providers.brasilapi(),
        "receitaws": lambda settings: company_providers.receitaws(),
        "opencnpj": lambda settings: company_providers.opencnpj(),
    },
)
