"""An effect that cannot be done holds up neither the sale nor the others: tried again by itself,
then by a person."""

import datetime as dt
import time

import pytest

from tests.factories import api, make_product, make_sale, make_token, open_shop, sign_in, work_off
from tests.support.claims import claim
from tests.support.processed_sales import agent, book, publish, shop_that_holds, sold
from tests.support.sale_reversals import (
    effect_of,
    make_due,
    manager,
    own_rule,
    told,
    videos_with_a_gift,
)
from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.memberships.models import Membership, MembershipEvent, MembershipStatus
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.messages.models import Message, MessageStatus
from webapp.platform.clock import utc_now
from webapp.processing.address_step import AddressStep
from webapp.processing.claims import MAX_ATTEMPTS
from webapp.processing.effect_step import EffectStep
from webapp.processing.facts import BatchContext
from webapp.processing.rules_step import RulesStep
from webapp.rules.models import Effect, EffectStatus
from webapp.sales.models import Sale, Shipping, Status

UPGRADE_ALWAYS = {"field": "item_kind", "op": "eq", "value": "book"}


@pytest.fixture(autouse=True)
def shop_is_open(db):
    open_shop()


def upgrade_of_nothing(**changes) -> Sale:
    """A sale for which a shop's own rule upgrades a membership that the customer does not have."""
    own_rule({"do": "membership_upgrade"}, when=UPGRADE_ALWAYS)
    sale = sold(book(plan="gold"), agent=agent(), **changes)
    make_due(sale)
    work_off()
    return sale


def give_a_membership(db) -> None:
    customer = db.session.scalars(db.select(Sale.customer_id)).first()
    db.session.add(
        Membership(
            customer_id=customer,
            plan="basic",
            status=MembershipStatus.ACTIVE,
            since=dt.date(2026, 1, 1),
        )
    )
    db.session.commit()


def use_up_attempts(db, sale: Sale) -> None:
    for _attempt in range(MAX_ATTEMPTS):
        make_due(sale)
        work_off()


def test_the_sale_goes_on_with_the_other_effects(client, db):
    sale = upgrade_of_nothing()
    assert db.session.get(Sale, sale.id).status is Status.INVOICED
    effect = effect_of(sale, "membership_upgrade")
    assert (effect.status, effect.error) == (EffectStatus.PENDING, "NotYet: no_active_membership")
    assert effect.attempts >= 1 and effect.due_at > utc_now() - dt.timedelta(seconds=5)
    assert told(manager(client), sale, "commission") == [("paid", "5.00", "done")]
    assert (
        db.session.query(Commission).count() == 1 and db.session.query(MembershipEvent).count() == 0
    )


@pytest.mark.both_databases
def test_of_an_effect_that_breaks_half_way_nothing_is_left(db):
    sale = make_sale(sku=book(), agent=agent())
    db.session.add(
        PackingSlip(sale_id=sale.id, items=[], weight_g=0, expected_delivery=dt.date(2026, 1, 1))
    )
    db.session.commit()
    for _attempt in range(2):
        work_off()
        make_due(sale)
    effect = effect_of(sale, "packing_slip")
    assert (effect.status, effect.error.partition(":")[0]) == (
        EffectStatus.PENDING,
        "IntegrityError",
    )
    sale = db.session.get(Sale, sale.id)
    assert (sale.status, sale.shipping) == (Status.INVOICED, Shipping.NONE)
    assert db.session.query(Commission).count() == 1 and db.session.query(PackingSlip).count() == 1


@pytest.mark.both_databases
def test_the_first_attempt_is_all_or_nothing(db):
    own_rule({"do": "membership_upgrade"}, when=UPGRADE_ALWAYS)
    sale = make_sale(sku=book(plan="gold"), agent=agent())
    for step in (AddressStep(), RulesStep()):
        time.sleep(0.002)
        step.run()
    db.session.rollback()
    assert db.session.get(Sale, sale.id).status is Status.RULES
    assert [db.session.query(model).count() for model in (Effect, Commission, Membership)] == [
        0,
        0,
        0,
    ]


def test_it_happens_once_it_can(client, db):
    sale = upgrade_of_nothing()
    give_a_membership(db)
    make_due(sale)
    for _twice in range(2):
        work_off()
    effect = effect_of(sale, "membership_upgrade")
    assert (effect.status, effect.error, effect.due_at) == (EffectStatus.DONE, "", None)
    event = db.session.scalars(db.select(MembershipEvent)).one()
    assert (event.kind, event.plan_before, event.plan, event.effect_id) == (
        "upgraded",
        "basic",
        "gold",
        effect.id,
    )


def test_after_its_last_attempt_it_waits_for_a_person(client, db):
    calls, sale = manager(client), upgrade_of_nothing()
    use_up_attempts(db, sale)
    effect = effect_of(sale, "membership_upgrade")
    assert (effect.status, effect.due_at) == (EffectStatus.FAILED, None)
    [shown] = [
        each
        for each in calls.get(f"/sales/{sale.id}/decision").json["effects"]
        if each["status"] == "failed"
    ]
    assert shown["error"].startswith("The customer has no active membership")
    give_a_membership(db)
    work_off()
    assert effect_of(sale, "membership_upgrade").status is EffectStatus.FAILED
    assert calls.post(f"/sales/{sale.id}/effects/{effect.id}/retry").status_code == 202
    work_off()
    assert effect_of(sale, "membership_upgrade").status is EffectStatus.DONE


def test_a_retry_of_what_is_done_does_nothing(client, db):
    calls, sale = manager(client), sold(book(), agent=agent())
    effect = effect_of(sale, "commission")
    assert calls.post(f"/sales/{sale.id}/effects/{effect.id}/retry").json["status"] == "done"
    work_off()
    assert db.session.query(Commission).count() == 1


def test_a_retry_names_an_effect_of_this_sale(client, db):
    calls, sale, other = manager(client), sold(book(), agent=agent()), sold(book(), agent="A1")
    effect = effect_of(other, "commission")
    assert calls.post(f"/sales/{sale.id}/effects/{effect.id}/retry").status_code == 404
    assert calls.post(f"/sales/{sale.id}/effects/{10**12}/retry").status_code == 404
    assert (
        api(client, make_token("clerk"))
        .post(f"/sales/{other.id}/effects/{effect.id}/retry")
        .status_code
        == 403
    )


@pytest.mark.both_databases
def test_a_dead_workers_effect_is_done_once_by_the_next(client, db):
    sale = upgrade_of_nothing()
    give_a_membership(db)
    make_due(sale)
    step = EffectStep()
    token, ids = claim(step)
    assert claim(step) is None
    make_due(sale)
    work_off()
    step._advance(token, ids)
    db.session.rollback()
    assert db.session.query(MembershipEvent).count() == 1
    assert effect_of(sale, "membership_upgrade").status is EffectStatus.DONE


@pytest.mark.both_databases
def test_the_last_gift_may_go_to_somebody_else(client, db, monkeypatch):
    """Somebody takes the last one after the rules were judged and before the gift is taken."""
    videos_with_a_gift(stock=1)
    look = BatchContext.gift_facts

    def somebody_is_faster(batch, sku, quantity=1):
        facts = look(batch, sku, quantity)
        db.session.execute(db.text("UPDATE products SET stock = 0 WHERE sku = 'VD-2'"))
        return facts

    monkeypatch.setattr(BatchContext, "gift_facts", somebody_is_faster)
    sale = sold("VD-1")
    assert sale.status is Status.INVOICED and [line.sku for line in sale.lines] == ["VD-1"]
    assert [
        item["sku"] for item in manager(client).get(f"/sales/{sale.id}/packing-slip").json["items"]
    ] == ["VD-1"]


# -- e-mails ---------------------------------------------------------------------------------------


def stream() -> str:
    return make_product(kind="streaming", video_url="https://example.com/v").sku


def test_a_held_e_mail_is_pending_until_the_release(client, db):
    shop_that_holds()
    sale = sold(stream())
    assert (
        effect_of(sale, "email").status is EffectStatus.PENDING
        and effect_of(sale, "email").due_at is None
    )
    sign_in(client, "reviewer")
    client.post(f"/sales/{sale.id}/release")
    work_off()
    assert effect_of(sale, "email").status is EffectStatus.DONE


class TestWithAServer:
    @pytest.fixture
    def settings(self, mail_settings):
        return mail_settings

    def test_an_e_mails_effect_stands_as_its_message(self, client, db, inbox):
        sale = sold(stream())
        assert effect_of(sale, "email").status is EffectStatus.DONE and len(inbox.letters) == 1

    def test_a_message_that_cannot_be_sent_is_tried_again_by_its_effect(self, client, db, inbox):
        calls, sale = (
            manager(client),
            sold(
                stream(),
                customer={"name": "Ana", "document": "111.444.777-35", "email": "ana@example.com"},
            ),
        )
        message = db.session.scalars(db.select(Message)).one()
        message.status, message.sent_at = MessageStatus.PENDING, None
        message.tell_effect()
        message.fail("recipient: SMTPRecipientsRefused 550")
        db.session.commit()
        effect = effect_of(sale, "email")
        assert effect.status is EffectStatus.FAILED
        shown = [each["error"] for each in calls.get(f"/sales/{sale.id}/decision").json["effects"]]
        assert shown == ["The mail server does not take this address."]
        for _twice in range(2):
            assert (
                calls.post(f"/sales/{sale.id}/effects/{effect.id}/retry").json["status"]
                == "pending"
            )
        work_off()
        assert effect_of(sale, "email").status is EffectStatus.DONE and len(inbox.letters) == 2


def test_nothing_is_judged_again(client, db):
    """What is tried again is what was decided, whatever the rules say by then."""
    sale = upgrade_of_nothing()
    publish([])
    give_a_membership(db)
    make_due(sale)
    work_off()
    assert effect_of(sale, "membership_upgrade").status is EffectStatus.DONE
    assert db.session.query(Effect).filter(Effect.status == EffectStatus.PENDING).count() == 0
