"""A list costs the same number of queries however many rows it shows."""

import pytest

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


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("path", "row"),
    [
        ("/packing-slips", 'id="sale-'),
        ("/memberships", 'id="membership-'),
        ("/commissions", 'id="agent-'),
        ("/royalties", 'id="royalty-'),
        ("/tasks", 'id="task-'),
        ("/messages", 'id="message-'),
        ("/rules", 'id="rule-'),
    ],
)
def test_more_rows_bring_no_more_queries(db, client, path, row):
    open_shop()
    sell_to(CUSTOMERS[:1])
    sign_in(client, "manager")
    client.get(path)
    with counted() as few:
        before = client.get(path).text.count(row)
    sell_to(CUSTOMERS[1:])
    # As before: what is kept for a moment is there.
    client.get(path)
    with counted() as many:
        after = client.get(path).text.count(row)
    assert len(many) == len(few) <= 25
    assert after > before or path == "/rules"
