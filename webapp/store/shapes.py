"""The shapes of the shop in answers."""

import datetime as dt
from typing import Literal

from webapp.http.answers import OutShape


class TechnicalContactOut(OutShape):
    """All blank where there is none."""

    cnpj: str
    name: str
    email: str
    phone: str
    csrt_id: str


class IssuerOut(OutShape):
    """Documents and numbers are bare, without points and dashes; `ibge` is the city's code,
    `ibs_cbs_regime` the choice that was made last, with its first day."""

    cnpj: str
    name: str
    trade_name: str
    state_registration: str
    crt: Literal["1", "2", "3", "4"]
    pis_cofins: Literal["cumulative", "non_cumulative"]
    ibs_cbs_regime: Literal["", "regular", "pending", "pending_above"]
    ibs_cbs_from: dt.date | None
    street: str
    number: str
    complement: str
    neighborhood: str
    city: str
    ibge: str
    state: str
    zip_code: str
    phone: str
    email: str
    technical_contact: TechnicalContactOut
    authorized_parties: list[str]
