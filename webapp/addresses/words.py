"""What people read of the postal code services."""

from flask_babel import lazy_gettext as _l

from webapp.addresses.providers import SAMPLE

PROVIDERS = {
    "viacep": "ViaCEP",
    "brasilapi": "BrasilAPI",
    "opencep": "OpenCEP",
    "awesomeapi": "AwesomeAPI",
    SAMPLE: _l("Demo sample"),
}


def provider_label(name: str) -> str:
    return str(PROVIDERS.get(name, name))
