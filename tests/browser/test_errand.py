"""The errand of a new user: a product, a sale with only the CEP typed, its row going live to
invoiced, the XML."""

import subprocess

from lxml import etree
from playwright.sync_api import expect

from tests.browser.conftest import shows_what_comes
from webapp.fiscal.schema import problems
from webapp.staff.passwords import DEMO_PASSWORD

NFE = "http://www.portalfiscal.inf.br/nfe"


def sign_in(page) -> None:
    page.goto("/login")
    page.get_by_label("E-mail").fill("manager@balcao.example")
    page.get_by_label("Senha").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Entrar").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Início")


def add_product(page, sku: str, name: str) -> None:
    page.goto("/products/new")
    page.locator("[name=sku]").fill(sku)
    page.locator("[name=name]").fill(name)
    page.locator("[name=price]").fill("45,50")
    page.locator("[name=stock]").fill("12")
    page.locator("[name=ncm]").fill("7323.94.00")
    page.get_by_role("button", name="Adicionar produto").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def make_sale(page, sku: str, reference: str) -> None:
    page.goto("/sales/new")
    page.locator("[name='customer.name']").fill("Beatriz “Bia” Conceição")
    page.locator("[name='customer.document']").fill("529.982.247-25")
    page.locator("[name='customer.email']").fill("bia@example.com")
    page.locator("[name='lines.0.sku']").fill(sku)
    page.locator("[name='lines.0.quantity']").fill("2")
    page.locator("[name='address.zip_code']").fill("05010000")
    page.locator("[name='address.number']").fill("741")
    page.locator("[name=reference]").fill(reference)
    page.locator("input[type=checkbox][name=paid]").check()
    expect(page.locator("main")).to_contain_text("R$ 91,00")
    page.get_by_role("button", name="Lançar o pedido").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(reference)


def test_from_a_new_product_to_a_verified_xml(page, browser, live_shop, xmlsec1, tmp_path, watched):
    sign_in(page)
    add_product(page, "CANECA-1", "Caneca “Serra” ☕")
    onlooker = browser.new_context(base_url=live_shop.url, locale="pt-BR").new_page()
    shows_what_comes(onlooker)
    onlooker.goto("/sales")
    onlooker.locator("button[value='clerk@balcao.example']").click()
    expect(onlooker.get_by_role("heading", level=1)).to_have_text("Pedidos")
    expect(onlooker.locator("#live-state")).to_have_text("Ao vivo")

    make_sale(page, "CANECA-1", "ERRAND-1")

    row = onlooker.locator("tr[id^='sale-']", has_text="ERRAND-1")
    expect(row).to_have_attribute("data-status", "invoiced")
    expect(row).to_contain_text("São Paulo/SP")
    onlooker.context.close()

    expect(page.locator("main")).to_contain_text("Rua Caiubi")
    page.goto("/invoices?q=ERRAND-1")
    page.locator("tr[id^='invoice-'] a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("NF-e")
    with page.expect_download() as download:
        page.locator("a[href$='/xml']").first.click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)

    document = etree.parse(file).getroot()
    key = document.find(f".//{{{NFE}}}infProt/{{{NFE}}}chNFe").text
    assert file.name == f"{key}.xml"
    assert problems(document, "procNFe_v4.00.xsd") == []
    assert document.find(f".//{{{NFE}}}xProd").text == 'Caneca "Serra"'
    certificate = tmp_path / "certificate.pem"
    signed_by = document.find(".//{*}X509Certificate").text
    certificate.write_text(f"-----BEGIN CERTIFICATE-----\n{signed_by}\n-----END CERTIFICATE-----\n")
    command = [
        xmlsec1,
        "--verify",
        "--id-attr:Id",
        f"{NFE}:infNFe",
        "--trusted-pem",
        certificate,
        file,
    ]
    verified = subprocess.run(command, capture_output=True, text=True)
    assert verified.returncode == 0, verified.stderr
    assert watched == []


def test_what_was_typed_stays_when_a_sale_is_refused(page, watched, signed_in):
    signed_in(page, "manager")
    page.goto("/sales/new")
    page.locator("[name='customer.name']").fill("<script>alert(1)</script>")
    page.locator("[name='customer.document']").fill("529.982.247-26")
    page.locator("[name='lines.0.sku']").fill("FI-0002")
    page.locator("[name='lines.0.quantity']").fill("-3")
    page.get_by_role("button", name="Lançar o pedido").click()
    expect(page.locator("[name='customer.document']")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[name='lines.0.quantity']")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[name='customer.name']")).to_have_value("<script>alert(1)</script>")
    expect(page.locator("[name='lines.0.quantity']")).to_have_value("-3")
    assert [text for text in watched if "422" not in text] == []


def test_a_reviewer_approves_by_key(page, watched, signed_in):
    signed_in(page, "reviewer")
    shows_what_comes(page)
    page.goto("/invoices?status=review")
    held = page.locator("tr[id^='invoice-'][data-status='review']", has_text="B2B-2008")
    expect(held).to_be_visible()
    held.locator("a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("B2B-2008")
    page.keyboard.press("r")
    expect(page.locator("select[name=code]")).to_be_focused()
    page.locator("h1").click()
    expect(page.get_by_role("button", name="Aprovar e enviar")).to_be_enabled()
    page.keyboard.press("a")
    expect(page.locator("#confirm")).to_contain_text("Enter confirma")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto("/sales?q=B2B-2008")
    expect(page.locator("tr[id^='sale-']", has_text="B2B-2008")).to_have_attribute(
        "data-status", "invoiced"
    )
    assert watched == []
