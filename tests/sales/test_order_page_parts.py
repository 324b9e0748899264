"""What an order's page reads together it still shows once each."""

from tests.factories import api, make_product, make_token, open_shop
from tests.support.processed_sales import sold
from tests.support.sale_reversals import refund
from webapp.sale_pages.sale_page import SalePage
from webapp.sales.models import Sale


def test_open_tasks_and_refunds_stand_once_each(client, db):
    open_shop()
    calls = api(client, make_token("manager"))
    sale = sold(lines=[{"sku": make_product(price="10.00").sku, "quantity": 3}])
    view = SalePage(db.session.get_one(Sale, sale.id))
    assert (view.open_tasks, view.refunds) == ([], [])
    calls.post(f"/sales/{sale.id}/shipment", {"carrier": "Correios", "tracking_code": "AA1"})
    for _unit in range(2):
        refund(calls, sale, (1, 1))
    db.session.expire_all()
    view = SalePage(db.session.get_one(Sale, sale.id))
    codes = sorted(task.code for _title, task in view.open_tasks)
    assert codes == ["goods_to_come_back"] * 2 + ["return_note"] * 2
    assert [each.number for each in view.refunds] == [1, 2] and str(view.refunded_total) == "20.00"
