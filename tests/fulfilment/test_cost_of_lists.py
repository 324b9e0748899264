"""A list costs the same number of queries however many rows it shows."""

from tests.factories import make_product, make_sale, open_shop, sign_in, work_off
from tests.support.processed_sales import PLACE, agent, book, counted

CUSTOMERS = ("111.444.777-35", "529.982.247-25", "390.533.447-05", "123.456.789-09")


def sell_to(documents) -> None:
    skus = [
        book(),
        make_product(kind="membership").sku,
        make_product(kind="membership_upgrade").sku,
        make_product(kind="streaming", video_url="https://videos.example/1").sku,
    ]
    for number, document in enumerate(documents):
        code = agent(f"A{document[:3]}")
        customer = {
            "name": f"Customer {number}",
            "document": document,
            "email": f"c{number}@example.com",
        }
        make_sale(
            customer=customer,
            address=PLACE,
            agent=code,
            lines=[{"sku": sku, "quantity": 1} for sku in skus],
        )
    work_off()


LISTS = {
    "/packing-slips": 'id="sale-',
    "/memberships": 'id="membership-',
    "/commissions": 'id="agent-',
    "/royalties": 'id="royalty-',
    "/tasks": 'id="task-',
    "/messages": 'id="message-',
    "/rules": 'id="rule-',
}


def read(client) -> dict[str, tuple[int, int]]:
    """Of each list: the queries that it costs, and the rows that it shows."""
    told = {}
    for path, row in LISTS.items():
        # As ever after: what is kept for a moment is there.
        client.get(path)
        with counted() as said:
            shown = client.get(path).text.count(row)
        told[path] = len(said), shown
    return told


def test_more_rows_bring_no_more_queries(db, client, subtests):
    open_shop()
    sell_to(CUSTOMERS[:1])
    sign_in(client, "manager")
    before = read(client)
    sell_to(CUSTOMERS[1:])
    after = read(client)
    for path in LISTS:
        with subtests.test(path=path):
            (few, rows), (many, more) = before[path], after[path]
            assert many == few <= 25
            assert more > rows or path == "/rules"
