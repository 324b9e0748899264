"""The parts of an address as columns, for whatever record carries one."""

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

PARTS = ("zip_code", "country", "state", "city", "neighborhood", "street", "number", "complement")


class AddressColumns:
    zip_code: Mapped[str] = mapped_column(String(10), default="")
    country: Mapped[str] = mapped_column(String(2), default="BR")
    state: Mapped[str] = mapped_column(String(2), default="")
    city: Mapped[str] = mapped_column(String(60), default="")
    neighborhood: Mapped[str] = mapped_column(String(60), default="")
    street: Mapped[str] = mapped_column(String(60), default="")
    number: Mapped[str] = mapped_column(String(60), default="")
    complement: Mapped[str] = mapped_column(String(60), default="")
    ibge: Mapped[str] = mapped_column(String(7), default="")
    # Where each part came from: {"street": "viacep", "number": "customer"}.
    address_source: Mapped[dict] = mapped_column(JSON, default=dict)

    # Read by `addresses.questions.warnings_of`.
    address_warnings: Mapped[list] = mapped_column(JSON, default=list)

    @property
    def address_parts(self) -> dict[str, str]:
        return {part: getattr(self, part) for part in PARTS}
