"""Answers about postal codes, kept so that one code is asked for once."""

import datetime as dt

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.platform.columns import UtcDateTime
from webapp.platform.database import Model


class PostalProvider(Model):
    """How a postal code service was when any process asked it last. `reason`: why it gave no answer
    (of `ProviderDown`), empty where it did; `failing_since`: since when it gives none;
    `rests_until`: until when it is left alone."""

    __tablename__ = "postal_providers"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    answered_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(20), default="")
    failing_since: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    rests_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class PostalCode(Model):
    """What a provider said about a CEP, and when; `found` is False where it said that it knows no
    such code."""

    __tablename__ = "postal_codes"

    cep: Mapped[str] = mapped_column(String(8), primary_key=True)
    found: Mapped[bool]
    street: Mapped[str] = mapped_column(String(200), default="")
    neighborhood: Mapped[str] = mapped_column(String(200), default="")
    city: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(2), default="")
    ibge: Mapped[str] = mapped_column(String(7), default="")
    # The range of numbers that the code covers, or a large user's name: never part of the
    # customer's address.
    complement: Mapped[str] = mapped_column(String(200), default="")
    unit: Mapped[str] = mapped_column(String(200), default="")
    provider: Mapped[str] = mapped_column(String(20), default="")
    fetched_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class Company(Model):
    """What a provider said about a CNPJ, and when; `found` is False where it said that it knows no
    such company."""

    __tablename__ = "companies"

    cnpj: Mapped[str] = mapped_column(String(14), primary_key=True)
    found: Mapped[bool]
    name: Mapped[str] = mapped_column(String(200), default="")
    trade_name: Mapped[str] = mapped_column(String(200), default="")
    situation: Mapped[str] = mapped_column(String(10), default="")
    zip_code: Mapped[str] = mapped_column(String(9), default="")
    street: Mapped[str] = mapped_column(String(500), default="")
    number: Mapped[str] = mapped_column(String(200), default="")
    complement: Mapped[str] = mapped_column(String(200), default="")
    neighborhood: Mapped[str] = mapped_column(String(200), default="")
    city: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(2), default="")
    ibge: Mapped[str] = mapped_column(String(7), default="")
    provider: Mapped[str] = mapped_column(String(20), default="")
    fetched_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
