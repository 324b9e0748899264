"""What the sources of an address' parts are called."""

from flask_babel import lazy_gettext as _l

SOURCE_LABELS = {
    "ibge": _l("IBGE table"),
    "viacep": _l("ViaCEP"),
    "brasilapi": _l("BrasilAPI"),
    "opencep": _l("OpenCEP"),
    "awesomeapi": _l("AwesomeAPI"),
    "sample": _l("sample"),
}
