"""The authority that the settings name."""

from webapp.authority.sandbox import Sandbox
from webapp.fiscal.authority import Authority


def authority() -> Authority:
    return Sandbox()
