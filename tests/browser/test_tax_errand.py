"""An accountant's errand before New Year: what changes on the NF-e, the products to mend, a version
of a tax profile, tried and signed off; the next NF-e says so."""

import re

from playwright.sync_api import expect

from tests.support.placed_orders import add_product, place_order

SKU = "SEM-NCM-1"
NEW_YEAR = "2027-01-01"


def rehearsed(page):
    """What the rehearsal found that goes on."""
    found = page.locator("#rehearsal-live")
    expect(found).to_have_attribute("data-status", "done")
    return found


def mend_products(page) -> None:
    page.goto("/fiscal-rehearsals")
    page.locator(f"#day-{NEW_YEAR}").get_by_role("button", name="Simular").click()
    # What nobody has typed in yet is named as well.
    expect(rehearsed(page).locator("[data-code=held_rate]").first).to_be_visible()
    cause = page.locator("[data-code='778']")
    # Others' products of the shared shop are among them.
    cause.locator("summary").click()
    expect(cause).to_contain_text(SKU)
    cause.get_by_label("NCM").fill("9405.50.00")
    cause.get_by_role("button").click()
    expect(page.locator("main")).to_contain_text(re.compile("produtos? (foi|foram) alterado"))
    page.get_by_role("button", name="Simular de novo").click()
    expect(rehearsed(page).locator("[data-code='778']")).to_have_count(0)


def write_version(page) -> None:
    page.goto("/tax-profiles/goods")
    page.get_by_role("link", name="Nova versão").click()
    page.locator("[name=name]").fill("Mercadoria conferida")
    page.get_by_role("button", name="Gravar versão").click()
    version = page.locator("[id^=version-]").first
    expect(version).to_contain_text("Não validado")
    version.get_by_role("button", name="Testar").click()
    expect(rehearsed(page)).to_contain_text("Mercadoria conferida")
    page.get_by_role("link", name="Voltar ao perfil").click()
    version.get_by_role("button", name="Validar").click()
    page.locator("#confirm").get_by_role("button", name="Validar").click()
    expect(version).to_have_attribute("data-status", "signed_off")


def sell(page, shop) -> None:
    """An order of the product, up to its NF-e, whose page is open then."""
    buyer = {"customer__name": "Olga Prado", "customer__document": "846.219.375-37"}
    page.goto(place_order(shop, "LAMP-1", lines__0__sku=SKU, **buyer))
    expect(page.locator("#sale-live")).to_have_attribute("data-status", "invoiced")
    page.locator("#sale-live").get_by_role("link", name="NF-e").first.click()


def test_before_new_year(page, browser, live_shop, signed_in, watched):
    signed_in(page)
    add_product(live_shop, SKU, "Lamparina")
    accountant = browser.new_context(base_url=live_shop.url, locale="pt-BR").new_page()
    signed_in(accountant, "accountant")
    mend_products(accountant)
    write_version(accountant)
    accountant.context.close()

    sell(page, live_shop)
    told = page.locator("main", has_text="Pelo perfil tributário “Mercadoria conferida”")
    expect(told).to_be_visible()
    expect(told).not_to_contain_text("não validado")
    assert watched == []
