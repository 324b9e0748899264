"""Packing slips marked in their list and printed: one to a sheet, with bars that a reader reads."""

import io
import re

from PIL import Image
from playwright.sync_api import expect

from tests.support.paper import bars, texts
from tests.support.placed_orders import place_order, until_invoiced

# The first sheet, with 30 to 44 items.
LONGER = """() => {
  const [first, ...others] = document.querySelectorAll(".sheet")
  others.forEach(sheet => sheet.remove())
  for (let items = 30; items < 45; items++) {
    const sheet = first.cloneNode(true), row = sheet.querySelector("tbody tr")
    row.after(...Array.from({length: items - 1}, () => row.cloneNode(true)))
    first.parentNode.append(sheet)
  }
  first.remove()
}"""


def test_three_slips_are_marked_and_printed_one_to_a_sheet(page, live_shop, browser, signed_in):
    signed_in(page, "clerk")
    references = [f"PRINT-{number}" for number in (1, 2, 3)]
    for reference in references:
        place_order(live_shop, reference)
    until_invoiced(live_shop, *references)
    page.goto("/packing-slips?status=to_pack&q=PRINT-")
    rows = page.locator("tr[id^='sale-'][data-status='to_pack']", has_text="PRINT-")
    rows.nth(2).wait_for(timeout=20_000)
    page.get_by_label("Marcar todas as linhas desta página").check()
    with page.context.expect_page() as opened:
        page.locator(".selection-bar").get_by_role("button", name="Imprimir").click()
    opened.value.wait_for_url("**/packing-slips/print?ids=*")
    # As fine as a printer draws.
    fine = browser.new_context(storage_state=page.context.storage_state(), device_scale_factor=3)
    paper = fine.new_page()
    paper.goto(opened.value.url)
    paper.emulate_media(media="print")
    seen = set().union(
        *(
            bars(Image.open(io.BytesIO(code.screenshot())))
            for code in paper.locator(".bar-code").all()
        )
    )
    assert {"PRINT-1", "PRINT-2", "PRINT-3"} < seen and len(
        [one for one in seen if len(one) == 44]
    ) == 3
    pages = re.findall(rb"/Type\s*/Page\b(?!s)", paper.pdf(format="A4", prefer_css_page_size=True))
    assert len(pages) == 3
    # However many items it has, no sheet of paper is left that names no order, nor a part of what
    # follows the items.
    paper.evaluate(LONGER)
    papers = texts(paper.pdf(format="A4", prefer_css_page_size=True))
    assert len(papers) > 30 and all("PRINT-" in text for text in papers)
    ends = [text for text in papers if "Volumes" in text]
    assert len(ends) == 15 and all("pago em" in text for text in ends)
    fine.close()
    page.bring_to_front()
    page.locator(".selection-bar").get_by_role("button", name="Marcar como embalados").click()
    page.get_by_text("3 de 3").wait_for()
    expect(page.locator("tr[data-status='to_pack']", has_text="PRINT-")).to_have_count(0)
