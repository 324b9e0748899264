"""Every screen text is told in Portuguese, in the shop's words, and what is compiled is what is
written."""

import re
from collections import defaultdict
from gettext import GNUTranslations
from html.parser import HTMLParser
from io import BytesIO

import _catalogue
import pytest
from babel.messages.catalog import Message
from babel.messages.mofile import read_mo, write_mo

from tests.factories import (
    make_cause,
    make_failing,
    make_product,
    make_sale,
    open_shop,
    sign_in,
    work_off,
)
from tests.support.incoming_notes import a_file, take_in
from tests.support.partners import make_partners
from tests.support.processed_sales import agent
from tests.support.rule_drafts import drafted, paying, somebody
from webapp.http.signed_links import seal_link
from webapp.messages.composition import FILES
from webapp.payments.models import Statement
from webapp.platform.clock import utc_now

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|{\w+}")
# Values and quotations inside a text are no words of its own.
FILLED = re.compile(r"%\(\w+\)[sd]|“[^”]*”")
# English of the source, and what its translation must then say. The XML's signature is never a
# membership's word.
TERMS = {
    r"orders?(?! in which| more)": "pedido",
    r"products?": "produto|item",
    r"memberships?": "assinatura",
    r"(digital )?signature|signed and": "assinatura digital",
    r"packing slips?": "guia",
    r"royalty slips?": "vias? de royalties",
    r"commissions?": "comiss",
    r"customers?": "client",
    r"selling agent|agents?(?!'s own)": "vendedor|comiss",
    r"tasks?": "tarefa",
    r"e-mails?": "e-mail",
    r"series": "série",
    r"rules?": "regra",
    r"stock": "estoque|Estoque",
    r"postal code|CEP": "CEP",
    r"authority|SEFAZ": "SEFAZ",
    r"reviewer": "fiscal",
    r"clerk": "atendente",
    r"manager": "gerente",
    r"accountant": "contador",
}
# The glossary's states and names, which stand alone on a badge, a tab or a heading.
SCREEN_WORDS = {
    "Awaiting payment": "Aguardando pagamento",
    "Checking address": "Conferindo endereço",
    "Applying rules": "Aplicando regras",
    "Preparing NF-e": "Preparando NF-e",
    "NF-e under review": "NF-e em conferência",
    "Invoiced": "Faturado",
    "Completed without NF-e": "Concluído sem NF-e",
    "Needs attention": "Com pendência",
    "Cancelled": "Cancelado",
    "To pack": "Para embalar",
    "To ship": "Para despachar",
    "Shipped": "Enviado",
    "Delivered": "Entregue",
    "Being prepared": "Em preparação",
    "Under review": "Em conferência",
    "Released": "Liberada",
    "Awaiting SEFAZ": "Aguardando SEFAZ",
    "Authorized": "Autorizada",
    "With errors": "Com erro",
    "Returned for correction": "Devolvida para correção",
    "Rejected by SEFAZ": "Rejeitada pela SEFAZ",
    "Applied": "Aplicada",
    "Suppressed by an exception": "Suspensa por exceção",
    "Lost to another": "Superada por outra",
    "Physical product": "Produto físico",
    "Book": "Livro",
    "E-book": "E-book",
    "Video on disc": "Vídeo em disco",
    "Streaming video": "Vídeo por streaming",
    "Membership": "Assinatura",
    "Membership upgrade": "Upgrade de assinatura",
    "Membership reactivation": "Reativação de assinatura",
    "Lapsed": "Vencida",
    "Clerk": "Atendente",
    "Reviewer": "Fiscal",
    "Manager": "Gerente",
    "Administrator": "Administrador",
    "Accountant": "Contador",
    "Processing": "Processamento",
    "Queued": "Na fila",
    "Started": "Executando",
    "Failed": "Falhou",
    "Deferred": "Adiado",
    "Scheduled": "Agendado",
    "Packing slip": "Guia de remessa",
    "Royalty slips": "Vias de royalties",
    "Rules applied": "Regras aplicadas",
}
# Sentences agreed on word by word.
SENTENCES = {
    "This postal code stands for the whole city and does not bring the street. Ask the customer "
    "for the street and the neighborhood.": (
        "Este CEP vale para a cidade toda e não traz a rua. Pergunte a rua e o bairro ao cliente."
    ),
    "We did not find the postal code %(zip_code)s. Check it with the customer, or complete the "
    "address by hand.": (
        "Não achamos o CEP %(zip_code)s. Confira com o cliente, ou complete o endereço à mão."
    ),
    "%(customer)s paid for the upgrade but has no active membership. Sell the membership, change "
    "the product, or give the "
    "money back?": (
        "%(customer)s pagou o upgrade, mas não tem assinatura ativa. Vender a assinatura, trocar "
        "o produto ou devolver o dinheiro?"
    ),
}
# Addresses beside those of all routes: filters, wrong ones too, and what is not there.
MORE_SCREENS = (
    "/sales?status=attention&channel=site&since=2026-01-01",
    "/sales?status=zzz",
    "/sales?q=zzz",
    "/products?view=low&kind=book",
    "/products?kind=zzz",
    "/products?view=no_cost",
    "/batches/new?view=no_cost&kind=book",
    "/batches/1?rows=changes",
    "/bulk/new?ids={sale_id},{waiting_id}&act=ship",
    "/bulk/1?rows=refused",
    "/invoices?status=rejected",
    "/invoices?month=2026-13",
    "/packing-slips?status=delivered",
    "/packing-slips/print?ids={slip_id}",
    "/packing-slips/shipment?ids={slip_id}",
    "/packing-slips/picking",
    "/packing?parcel={slip_id}",
    "/commissions?agent=A1",
    "/royalties?author=Lívia",
    "/tasks?status=done",
    "/messages?status=failed",
    "/memberships?status=lapsed",
    "/rules?on=2027-01-01",
    "/rules?q=zzz",
    "/audit?q=zzz",
    "/audit?since=zzz",
    "/search?q=zzz",
    "/search?q=caneca",
    "/nowhere",
    "/sales/999",
)
# No pages of the shop: files, and what programs and those who write them ask for.
NO_PAGES = re.compile(
    r"/(static|api|events|healthz|readyz|metrics)|.*(\.csv|\.json|<ending>|\.pdf|\.zip|/xml|/archive|/rule-options)$"
)
# As it was sent: in the customer's language, not the reader's.
SENT = "/messages/<id:message_id>/html"
ENGLISH = re.compile(
    r"\b(?:the|and|of|with|without|from|this|that|these|was|were|are|has|have|not|yet|by|all|each|who|when|why|what|"
    r"orders?|sales|save|search|products?|customers?|invoices?|rules?|stock|price|settings|staff|sign|password|street|"
    r"number|state|city|address|payment|waiting|review|today|done|open|nothing|nobody|cancel|change|changed|created)\b",
    re.IGNORECASE,
)


# Texts that a page may well show as they are: codes, names, formats.
SAME_ON_SCREEN: set[str] = set()


@pytest.fixture(scope="module")
def asked() -> list[Message]:
    return [message for message in _catalogue.extracted() if message.id]


@pytest.fixture(scope="module")
def told() -> list[Message]:
    return [message for message in _catalogue.translated() if message.id]


def key(message) -> tuple:
    return message.context, *forms(message.id)


def forms(text) -> list[str]:
    """A text, or its singular and plural."""
    return [text] if isinstance(text, str) else list(text)


# The catalogue is whole


def test_every_text_of_the_source_is_in_the_catalogue_and_no_other(asked, told):
    assert len(asked) > 1000
    assert {key(message) for message in asked} ^ {key(message) for message in told} == set(), (
        "run bin/translate"
    )


def test_every_text_is_translated_and_none_is_a_guess():
    assert [message.id for message in _catalogue.untranslated(_catalogue.translated())] == []


def test_a_text_without_words_or_by_a_guess_is_called_untranslated():
    catalog = _catalogue.Catalog(locale="pt_BR")
    catalog.add("one", "um")
    catalog.add("two")
    catalog.add(("%(num)s item", "%(num)s items"), ("%(num)s item", ""))
    catalog.add("three", "três", flags=["fuzzy"])

    assert [forms(message.id)[0] for message in _catalogue.untranslated(catalog)] == [
        "two",
        "%(num)s item",
        "three",
    ]


def test_the_compiled_catalogue_is_the_written_one():
    expected = BytesIO()
    write_mo(expected, _catalogue.translated())
    expected.seek(0)
    with _catalogue.PO.with_suffix(".mo").open("rb") as file:
        assert texts_of(file) == texts_of(expected), "run bin/translate"


def texts_of(compiled) -> dict:
    return {key(message): message.string for message in read_mo(compiled) if message.id}


def test_the_application_finds_it(app):
    with app.test_request_context(headers={"Accept-Language": "pt-BR"}):
        translations = app.extensions["babel"].instance.domain_instance.get_translations()
        assert (
            isinstance(translations, GNUTranslations)
            and translations.gettext("Orders") == "Pedidos"
        )


# Texts fit each other


def test_what_is_filled_into_a_text_is_the_same_in_both_languages(told):
    wrong = []
    for message in told:
        for source, text in zip(forms(message.id), forms(message.string), strict=True):
            if sorted(PLACEHOLDER.findall(source)) != sorted(PLACEHOLDER.findall(text)):
                wrong.append((source, text))
    assert wrong == []


def test_a_percent_sign_is_doubled_only_where_something_is_filled_in(told):
    """A text without placeholders is shown as it is, both signs included."""
    texts = [text for message in told for text in forms(message.id) + forms(message.string)]
    assert [text for text in texts if "%%" in text and "%(" not in text] == []


def test_a_text_ends_as_its_source_does(told):
    ends = [(forms(m.id)[0], forms(m.string)[0]) for m in told if len(forms(m.id)[0].split()) > 2]
    assert [
        pair for pair in ends if len({re.search(r"[.?!:…]?$", text).group() for text in pair}) > 1
    ] == []


def test_no_two_texts_differ_only_in_their_last_stop_or_in_capitals(asked):
    """A capital may open a label that stands small elsewhere, a stamp is all capitals, and a colon
    leads to a value."""
    same = defaultdict(set)
    for message in asked:
        text = forms(message.id)[0]
        if not text.isupper():
            same[message.context, text.rstrip(".?!").casefold()].add(text[:1].casefold() + text[1:])
    assert [sorted(texts) for texts in same.values() if len(texts) > 1] == []


# The shop's words


@pytest.mark.parametrize("term", TERMS)
def test_the_glossarys_word_is_used(told, term):
    english, portuguese = (
        re.compile(rf"\b(?:{term})\b", re.IGNORECASE),
        re.compile(TERMS[term], re.IGNORECASE),
    )
    texts = [(FILLED.sub("", forms(m.id)[-1]), forms(m.string)[-1]) for m in told]
    assert [
        pair for pair in texts if english.search(pair[0]) and not portuguese.search(pair[1])
    ] == []


@pytest.mark.parametrize("agreed", [SCREEN_WORDS, SENTENCES], ids=["words", "sentences"])
def test_what_was_agreed_on_stands_to_the_letter(told, agreed):
    said = {
        message.id: message.string
        for message in told
        if not message.context and isinstance(message.id, str)
    }
    assert {text: said.get(text) for text in agreed} == agreed


class Shown(HTMLParser):
    """The words that a person sees or hears of a page: its text and the labels of its parts."""

    def __init__(self, page: str):
        super().__init__()
        self.words, self.hidden = [], 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in ("script", "style", "code", "pre")
        self.words += [
            value
            for name, value in attrs
            if value
            and name in ("aria-label", "placeholder", "title", "alt", "hx-confirm", "data-confirm")
        ]

    def handle_endtag(self, tag):
        self.hidden -= tag in ("script", "style", "code", "pre")

    def handle_data(self, data):
        if not self.hidden:
            self.words.append(data)


@pytest.fixture
def portuguese_shop(db, client):
    """A client signed in as a Brazilian administrator of a shop that has something on every page,
    and what the parts of addresses stand for."""
    open_shop()
    agent("A1")
    book = make_product(
        name="Caneca", sku="FI-0002", kind="book", author="Lívia", royalty_percent="10.00"
    )
    plan = make_product(name="Plano", kind="membership")
    upgrade = make_product(name="Plano melhor", kind="membership_upgrade", plan="gold")
    sale = make_sale(sku=book.sku, agent="A1")
    make_sale(sku=upgrade.sku)
    work_off()
    make_sale(sku=plan.sku)
    waiting = make_sale(sku=book.sku, paid=False)
    drafted(somebody("Rosa"), paying("dobro", name="Dobro"))
    make_partners()
    sign_in(client, "admin", locale="pt_BR")
    assert client.post("/rules/draft/backtests", data={"days": "all"}).status_code == 303
    assert client.post("/fiscal-rehearsals", data={"day": "2030-01-01"}).status_code == 303
    assert client.post("/counts", data={"scope": "all", "name": "Contagem"}).status_code == 303
    client.post("/counts/1/entries", data={"code": book.sku})
    work_off()
    db.session.refresh(sale)
    ones = ("agent_id", "backtest_id", "customer_id", "invoice_id", "membership_id", "message_id")
    place = {"label": "Obra", "address.zip_code": "05010-000"}
    assert client.post("/customers/1/addresses", data=place).status_code == 303
    take_in(a_file())
    every = {"what": "price_percent", "price_percent": "5", "filter": "view=all"}
    assert client.post("/batches", data=every).status_code == 303
    assert client.post("/bulk", data={"act": "danfes"}).status_code == 303
    work_off()
    more = (
        "act_id",
        "address_id",
        "batch_id",
        "count_id",
        "import_id",
        "label_id",
        "note_id",
        "partner_id",
        "statement_id",
        "rehearsal_id",
        "slip_id",
        "task_id",
        "user_id",
        "version_id",
        "view_id",
        "schedule_id",
        "cause_id",
    )
    make_failing(make_cause(), sale)
    db.session.add(Statement(name="extrato.ofx", methods=[]))
    db.session.commit()
    ids = dict.fromkeys((*ones, *more), 1)
    ids |= {"sale_id": sale.id, "waiting_id": waiting.id, "product_id": book.id}
    return client, ids | {
        "kind": "stock",
        "row_kind": "sale",
        "row_id": sale.id,
        "part": 1,
        "name": "products",
        "code": "royalty_slip",
        "queue": "mail",
        "work": "retention",
        "token": seal_link(FILES, 1, utc_now()),
    }


def test_no_page_shows_a_text_of_the_source_to_a_brazilian(app, portuguese_shop, told):
    """Every route that answers a page, with something on it: none may show English, neither in
    words that are no Portuguese nor in a text that has a translation."""
    client, ids = portuguese_shop
    sources = {
        forms(message.id)[0]
        for message in told
        if forms(message.id)[0] != forms(message.string)[0] and message.id not in SAME_ON_SCREEN
    }
    english, walked = {}, 0
    for path in pages_of(app, ids):
        answer = client.get(path)
        if answer.mimetype != "text/html" or answer.status_code in (301, 302, 303):
            continue
        walked += 1
        shown = {words.strip() for words in Shown(answer.text).words}
        found = {
            words for words in shown if words in sources or ENGLISH.search(FILLED.sub("", words))
        }
        if found or answer.status_code >= 500:
            english[path] = (answer.status_code, found)
    assert english == {}
    assert walked > 70


def pages_of(app, ids: dict) -> list[str]:
    rules = [
        str(rule)
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and not NO_PAGES.match(str(rule)) and str(rule) != SENT
    ]
    # Only an order that is not paid may be changed.
    rules.append("/sales/<id:waiting_id>/edit")
    paths = [re.sub(r"<(?:\w+:)?(\w+)>", lambda part: "{" + part[1] + "}", rule) for rule in rules]
    return [path.format(**ids) for path in (*paths, *MORE_SCREENS)]
