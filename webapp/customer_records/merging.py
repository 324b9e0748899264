"""Two customers become one. It cannot be undone."""

import datetime as dt
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import select, update

from webapp.addresses.parts import PARTS
from webapp.audit.tracking import actor, record
from webapp.customer_records.forms import MergeChoices, MergeSide
from webapp.customers.customer_edits import COPIED, save_customer
from webapp.customers.forms import CustomerIn
from webapp.customers.models import Customer, CustomerAddress, Taxpayer
from webapp.fulfilment.memberships.models import Membership
from webapp.http.forms import parse
from webapp.notes.models import StaffNote
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import NotFound, Refusal
from webapp.rules.core.conditions import Condition, Group
from webapp.rules.core.rule import Rule
from webapp.rules.queries import rule_set_in_force
from webapp.sales.models import Sale

FIELDS = ("name", "email", "phone", "tax", "address")
# What one field of the choice stands for.
COLUMNS = {
    "name": ("name",),
    "email": ("email",),
    "phone": ("phone",),
    "tax": ("taxpayer", "state_registration"),
    "address": PARTS,
}


class Two(NamedTuple):
    """`kept` stays, `merged` leads there from now on; with the membership of each."""

    kept: Customer
    merged: Customer
    ours: Membership | None
    theirs: Membership | None

    @property
    def is_done(self) -> bool:
        return self.merged.merged_into_id == self.kept.id

    def side_of(self, name: str) -> MergeSide:
        """Whose value of a field holds if nobody chooses: the kept one's, unless that is blank."""
        blank = _blank(self.kept, name) and not _blank(self.merged, name)
        return MergeSide.MERGED if blank else MergeSide.KEPT

    @property
    def membership_side(self) -> MergeSide:
        """Whose membership goes on: the active one; of two alike, the kept one's."""
        theirs_alone = self.theirs and self.theirs.is_active and not _is_active(self.ours)
        return MergeSide.MERGED if theirs_alone else MergeSide.KEPT

    @property
    def have_two_active(self) -> bool:
        return _is_active(self.ours) and _is_active(self.theirs)

    def refuse_strangers(self) -> None:
        """Raises Refusal where they cannot be one."""
        if self.kept.id == self.merged.id:
            raise Refusal(_("A customer is not merged with itself."))
        self.kept.refuse_gone()
        self.merged.refuse_gone()
        if self.kept.document and self.merged.document:
            raise Refusal(
                _("Both have a CPF, a CNPJ or another document: these are two customers.")
            )


def two_of(kept_id: int, merged_id: int, lock: bool = False) -> Two:
    """Raises NotFound. The customers are locked in the order of their ids."""
    query = select(Customer).where(Customer.id.in_((kept_id, merged_id))).order_by(Customer.id)
    query = query.with_for_update() if lock else query
    found = {row.id: row for row in db.session.scalars(query)}
    if len(found) < len({kept_id, merged_id}):
        raise NotFound(_("There is no such customer."))
    held = select(Membership).where(Membership.customer_id.in_(found))
    theirs = {row.customer_id: row for row in db.session.scalars(held)}
    return Two(found[kept_id], found[merged_id], theirs.get(kept_id), theirs.get(merged_id))


def merge(kept_id: int, merged_id: int, choices: MergeChoices) -> Customer:
    """One customer of two: orders, membership, notes and addresses go over; each order keeps its
    own copy of who bought. Said twice, it happens once. Raises Refusal, and Invalid for values that
    do not go together."""
    two = two_of(kept_id, merged_id, lock=True)
    if two.is_done:
        return two.kept
    two.refuse_strangers()
    kept, merged, now = two.kept, two.merged, utc_now()
    wanted = parse(CustomerIn, _facts(two, choices))
    places = [_place_of(customer) for customer in (kept, merged)]
    _become_pointer(merged, kept, now)
    db.session.flush()
    save_customer(kept, wanted)
    kept.addresses += [place for place in places if place and _is_new(place, kept)]
    db.session.flush()
    _move(merged.id, kept.id, now)
    _join_memberships(two, choices.membership)
    whom = f"{merged.id} ({merged.name})"
    record(db.session, "merged", "customers", kept.id, kept.name, merged_from=whom)
    into = f"{kept.id} ({kept.name})"
    record(db.session, "merged", "customers", merged.id, merged.name, merged_into=into)
    db.session.flush()
    return kept


def rules_about(customer_id: int) -> list[Rule]:
    """Rules in force that name this customer by number: they are not changed."""
    return [rule for rule in rule_set_in_force().rules if _names(rule.when, str(customer_id))]


def _names(condition: Condition, number: str) -> bool:
    if isinstance(condition, Group):
        return any(_names(member, number) for member in condition.members)
    value = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    return condition.field.key == "customer_id" and number in value


def _facts(two: Two, choices: MergeChoices) -> dict[str, Any]:
    facts: dict[str, Any] = {"document": two.kept.document or two.merged.document}
    for name in FIELDS:
        side = getattr(choices, name) or two.side_of(name)
        source = two.merged if side is MergeSide.MERGED else two.kept
        if name == "address":
            facts["address"] = source.address_parts
        else:
            facts |= {column: getattr(source, column) for column in COLUMNS[name]}
    return facts


def _blank(customer: Customer, name: str) -> bool:
    if name == "tax":
        return customer.taxpayer is Taxpayer.NON_CONTRIBUTOR
    return not any(getattr(customer, column) for column in COLUMNS[name] if column != "country")


def _place_of(customer: Customer) -> CustomerAddress | None:
    if _blank(customer, "address"):
        return None
    label = _("Address of %(name)s", name=customer.name)[:60]
    return CustomerAddress(label=label, **customer.address_parts)


def _is_new(place: CustomerAddress, kept: Customer) -> bool:
    known = [kept.address_parts, *(other.address_parts for other in kept.addresses)]
    return place.address_parts not in known


def _become_pointer(merged: Customer, kept: Customer, now: dt.datetime) -> None:
    """All but the name it had is the other one's from now on."""
    for name in (*COPIED, *PARTS):
        if name not in ("name", "taxpayer", "country"):
            setattr(merged, name, "")
    merged.search_text, merged.address_source, merged.address_warnings = "", {}, []
    merged.taxpayer = Taxpayer.NON_CONTRIBUTOR
    merged.merged_into_id, merged.merged_at = kept.id, now


def _join_memberships(two: Two, choice: MergeSide | None) -> None:
    """A customer has one. Of two, the one that does not go on lapses and stays with the number that
    it had, so that what is given back of its orders still finds it."""
    ours, theirs = two.ours, two.theirs
    for row in sorted(filter(None, (ours, theirs)), key=lambda row: row.id):
        db.session.refresh(row, with_for_update=True)
    if theirs is None:
        return
    if ours is None:
        theirs.customer = two.kept
        return
    reason = _("Merged with customer %(id)s", id=two.kept.id)
    if (choice or two.membership_side) is MergeSide.MERGED and theirs.is_active:
        ours.take_over(theirs, _("Merged with customer %(id)s", id=two.merged.id), actor())
    theirs.lapse(reason, actor())


def _move(merged_id: int, kept_id: int, now: dt.datetime) -> None:
    """Orders with a new version: whoever has read one as the merged one's reads it anew."""
    there = {"customer_id": kept_id}
    moved: dict[Any, dict[str, Any]] = {
        Sale: there | {"version": Sale.version + 1, "updated_at": now},
        CustomerAddress: there,
        StaffNote: there,
    }
    for model, values in moved.items():
        is_theirs = model.customer_id == merged_id
        db.session.execute(update(model).where(is_theirs).values(values))
    before = Customer.merged_into_id == merged_id
    db.session.execute(update(Customer).where(before).values(merged_into_id=kept_id))
    db.session.expire_all()


def _is_active(membership: Membership | None) -> bool:
    return membership is not None and membership.is_active
