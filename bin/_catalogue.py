"""The catalogue of screen texts: taken from the source, brought up to date, compiled. Needs Babel.

The source's English texts are the keys; `webapp/translations/pt_BR` holds their Portuguese.
"""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
MAPPING = ROOT / "webapp" / "translations" / "babel.cfg"
PO = ROOT / "webapp" / "translations" / "pt_BR" / "LC_MESSAGES" / "messages.po"
KEYWORDS = DEFAULT_KEYWORDS | parse_keywords(
    ["_l", "lazy_gettext", "lazy_ngettext:1,2", "lazy_pgettext:1c,2"]
)


def extracted() -> Catalog:
    """Every text that today's source marks, with the files that use it."""
    with MAPPING.open() as file:
        methods, options = parse_mapping_cfg(file)
    catalog = Catalog()
    found = extract_from_dir(ROOT, methods, options, keywords=KEYWORDS)
    for name, line, message, _comments, context in found:
        catalog.add(message, locations=[(name, line)], context=context)
    return catalog


def translated() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="pt_BR")


def untranslated(catalog: Catalog) -> list[Message]:
    """The texts that are not told in Portuguese, or only by a guess."""
    return [
        message
        for message in catalog
        if message.id and (message.fuzzy or not _told(message.string))
    ]


def bring_up_to_date() -> Catalog:
    """Writes the .po with the texts of today's source and compiles the .mo; dates stay, so that no
    change writes nothing."""
    template, catalog = extracted(), translated()
    template.creation_date = catalog.creation_date
    catalog.update(template, no_fuzzy_matching=True)
    po, mo = BytesIO(), BytesIO()
    write_po(po, catalog, width=0, sort_output=True, ignore_obsolete=True, no_location=True)
    write_mo(mo, catalog)
    PO.write_bytes(po.getvalue())
    PO.with_suffix(".mo").write_bytes(mo.getvalue())
    return catalog


def _told(string):
    return bool(string) and (isinstance(string, str) or all(string))


if __name__ == "__main__":
    left = untranslated(bring_up_to_date())
    for message in left:
        print(
            f"{'guessed' if message.fuzzy else 'untranslated'}: {message.id!r} "
            f"({message.locations[0][0]})"
        )
    sys.exit(bool(left))
