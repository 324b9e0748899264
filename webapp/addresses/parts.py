"""The parts of an address as columns, for whatever record carries one."""

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

# Longer than an NF-e has room for (`addresses.merge`): what a checkout sends is taken, and asked
# about where it does not fit.
LONGEST_TEXT = 200
PARTS = ("zip_code", "country", "state", "city", "neighborhood", "street", "number", "complement")


class AddressColumns:
    # Abroad as that country writes them.
    zip_code: Mapped[str] = mapped_column(String(20), default="")
    country: Mapped[str] = mapped_column(String(2), default="BR")
    state: Mapped[str] = mapped_column(String(30), default="")
    city: Mapped[str] = mapped_column(String(LONGEST_TEXT), default="")
    neighborhood: Mapped[str] = mapped_column(String(LONGEST_TEXT), default="")
    street: Mapped[str] = mapped_column(String(LONGEST_TEXT), default="")
    number: Mapped[str] = mapped_column(String(LONGEST_TEXT), default="")
    complement: Mapped[str] = mapped_column(String(LONGEST_TEXT), default="")
    ibge: Mapped[str] = mapped_column(String(7), default="")
    # Where each part came from: {"street": "viacep", "number": "customer"}.
    address_source: Mapped[dict] = mapped_column(JSON, default=dict)

    # Read by `addresses.questions.warnings_of`.
    address_warnings: Mapped[list] = mapped_column(JSON, default=list)

    @property
    def address_parts(self) -> dict[str, str]:
        return {part: getattr(self, part) for part in PARTS}
