"""Spreadsheets as programs write them, made by hand."""

import io
import zipfile
from collections.abc import Sequence
from html import escape
from string import ascii_uppercase

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_ODS = "urn:oasis:names:tc:opendocument:xmlns"


def _zipped(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def _letters(place: int) -> str:
    high, low = divmod(place, 26)
    return (ascii_uppercase[high - 1] if high else "") + ascii_uppercase[low]


def _xlsx_cell(place: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith("<"):
        return value.replace("<c ", f'<c r="{place}" ', 1)
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'


def xlsx(rows: Sequence[Sequence[object]], behind: str = "", **more: str) -> bytes:
    """Text, numbers, None for blank, or a cell's own XML that begins with `<c `; `behind` follows
    the rows, `more` are further files."""
    lines = (
        f'<row r="{line}">'
        + "".join(_xlsx_cell(f"{_letters(place)}{line}", cell) for place, cell in enumerate(row))
        + "</row>"
        for line, row in enumerate(rows, 1)
    )
    sheet = (
        f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData>{behind}</worksheet>'
    )
    return xlsx_of(sheet, **more)


def xlsx_of(sheet: str, **more: str) -> bytes:
    relation = (
        '<Relationships xmlns="{}/relationships"><Relationship Id="rId1" Type="{}/{}" Target="{}"/>'
        "{}</Relationships>"
    )
    formats = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    styles = f'<styleSheet xmlns="{_MAIN}">{formats}</styleSheet>'
    also = f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    return _zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
            "_rels/.rels": relation.format(
                _PACKAGE, _OFFICE, "officeDocument", "xl/workbook.xml", ""
            ),
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            '<sheet name="Plan1" sheetId="1" r:id="rId1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": relation.format(
                _PACKAGE, _OFFICE, "worksheet", "worksheets/sheet1.xml", also
            ),
            "xl/styles.xml": styles,
            "xl/worksheets/sheet1.xml": sheet,
        }
        | more
    )


def ods(rows: Sequence[Sequence[object]], attributes: str = "") -> bytes:
    """`attributes` go on every cell."""

    def cell(value: object) -> str:
        kind = "string" if isinstance(value, str) else "float"
        told = "" if isinstance(value, str) else f' office:value="{value}"'
        text = f"<text:p>{escape(str(value))}</text:p>"
        facts = f'office:value-type="{kind}"{told}{attributes}'
        return f"<table:table-cell {facts}>{text}</table:table-cell>"

    lines = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    names = " ".join(f'xmlns:{name}="{_ODS}:{name}:1.0"' for name in ("office", "table", "text"))
    table = f'<table:table table:name="P">{lines}</table:table>'
    content = (
        f"<office:document-content {names}><office:body><office:spreadsheet>{table}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    )
    return _zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": manifest,
            "content.xml": content,
        }
    )
