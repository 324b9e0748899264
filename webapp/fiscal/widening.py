"""What nfelib's schemas of events, voidings and queries refuse though the authority takes it: they
are older than letters in a CNPJ, protocols of 17 places and codes of four (package 010d, v1.03).
Their types are widened in memory; tests/fiscal/test_widening.py fails once nfelib has them so."""

import re

_KEY, _CNPJ = "[0-9]{6}[0-9A-Z]{12}[0-9]{26}", "[0-9A-Z]{12}[0-9]{2}"
_PROTOCOL = "[0-9]{15}|[0-9]{17}"
TYPES = {
    "TChNFe": _KEY,
    "TCnpj": _CNPJ,
    "TCnpjOpc": f"[0-9]{{0}}|{_CNPJ}",
    "TProt": _PROTOCOL,
    "TStat": "[0-9]{3,4}",
}
# Patterns of attributes named Id: of an event, of a voiding, of the answer to an event.
IDS = {
    "ID[0-9]{52}": "ID[0-9]{12}[0-9A-Z]{12}[0-9]{28}",
    "ID[0-9]{41}": "ID[0-9]{4}[0-9A-Z]{12}[0-9]{25}",
    "ID[0-9]{15}": "ID[0-9]{15}|ID[0-9]{17}",
}
_TYPE = re.compile(
    rf'(<xs:simpleType name="({"|".join(TYPES)})">.*?<xs:pattern value=")[^"]*', re.DOTALL
)
_ID = re.compile(rf'(?<=<xs:pattern value=")({"|".join(map(re.escape, IDS))})(?=")')


def widened(schema: bytes) -> bytes:
    """A schema file with each of these types as wide as the authority has it."""
    text = _TYPE.sub(lambda found: found[1] + TYPES[found[2]], schema.decode())
    return _ID.sub(lambda found: IDS[found[1]], text).encode()
