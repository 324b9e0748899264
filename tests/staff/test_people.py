"""The people of the staff: added, changed, locked out at once, and never without an
administrator."""

import pytest
from sqlalchemy import select

from tests.factories import make_user, sign_in
from webapp.audit.models import AuditEntry
from webapp.staff.models import Role, User, UserSession

PASSWORD = "uma frase comprida"
NEW = {"email": "bia@example.com", "name": "Bia", "role": "clerk", "password": PASSWORD}


@pytest.fixture
def admin(client, db):
    return sign_in(client, "admin")


def user_of(db, email) -> User:
    return db.session.scalars(
        select(User).where(User.email == email).execution_options(populate_existing=True)
    ).one()


def facts(user: User, **changes) -> dict:
    return {
        "email": user.email,
        "name": user.name,
        "role": str(user.role),
        "active": "1",
        "version": user.updated_at.isoformat(),
    } | changes


def signed_in(client) -> bool:
    return client.get("/account").status_code == 200


def test_it_is_told_what_an_accountant_writes(client, admin):
    told = client.get("/staff/new").text
    assert "closes months" in told and "changes nothing else" in told


def test_a_person_is_added_and_can_sign_in(client, db, admin):
    answer = client.post(
        "/staff", data=NEW | {"email": "Bia@Example.com", "name": "Bia Reis", "role": "reviewer"}
    )

    assert answer.status_code == 303
    bia = user_of(db, "bia@example.com")
    assert (bia.role, bia.active, bia.has_password(PASSWORD)) == (Role.REVIEWER, True, True)
    assert "Bia Reis" in client.get("/staff").text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("email", ""),
        ("name", " "),
        ("role", "owner"),
        ("password", "short"),
        ("password", "senha123456"),
        ("password", "aaaaaaaaaaaa"),
        ("name", "x" * 81),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_typed_is_lost(client, db, admin, field, value):
    answer = client.post("/staff", data=NEW | {field: value})

    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert ("bia@example.com" in answer.text) == (field != "email")
    assert PASSWORD not in answer.text
    assert not db.session.scalar(select(User).where(User.name.like("Bia%")))


def test_an_e_mail_belongs_to_one_person(client, db, admin):
    bia = make_user(email="bia@example.com")
    other = make_user(email="ana@example.com")

    assert (
        "Somebody has this e-mail already."
        in client.post("/staff", data=NEW | {"email": "BIA@example.com"}).text
    )
    assert client.post(f"/staff/{other.id}", data=facts(other, email=bia.email)).status_code == 422
    assert user_of(db, "ana@example.com").id == other.id


@pytest.mark.parametrize(
    "change", [{"role": "reviewer"}, {"active": "0"}, {"email": "new@example.com"}]
)
def test_whoever_is_changed_is_signed_out_at_once(app, client, db, admin, change):
    theirs = app.test_client()
    bia = user_of(db, sign_in(theirs, "clerk"))
    assert signed_in(theirs)

    assert client.post(f"/staff/{bia.id}", data=facts(bia, **change)).status_code == 303

    assert not signed_in(theirs)
    assert signed_in(client)


def test_a_new_name_signs_nobody_out(app, client, db, admin):
    theirs = app.test_client()
    bia = user_of(db, sign_in(theirs, "clerk"))
    client.post(f"/staff/{bia.id}", data=facts(bia, name="Beatriz"))

    assert user_of(db, bia.email).name == "Beatriz"
    assert signed_in(theirs)


@pytest.mark.parametrize("change", [{"role": "manager"}, {"active": "0"}])
def test_the_last_active_administrator_stays_one(client, db, admin, change):
    make_user("admin", email="gone@example.com").active = False
    db.session.commit()
    me = user_of(db, admin)

    answer = client.post(f"/staff/{me.id}", data=facts(me, **change))

    assert answer.status_code == 422 and "last active administrator" in answer.text
    assert (user_of(db, admin).role, user_of(db, admin).active) == (Role.ADMIN, True)
    assert signed_in(client)


def test_with_a_second_administrator_the_first_may_step_down(client, db, admin):
    make_user("admin")
    me = user_of(db, admin)

    assert client.post(f"/staff/{me.id}", data=facts(me, role="manager")).status_code == 303
    assert user_of(db, admin).role is Role.MANAGER


def test_the_second_of_two_editors_is_told(client, db, admin):
    bia = make_user(email="bia@example.com")
    seen = facts(bia, name="Second")
    client.post(f"/staff/{bia.id}", data=facts(bia, name="First"))

    answer = client.post(f"/staff/{bia.id}", data=seen)
    assert answer.status_code == 422 and "Somebody changed this record" in answer.text
    assert user_of(db, "bia@example.com").name == "First"


def test_a_new_password_set_by_an_administrator_ends_every_session(app, client, db, admin):
    theirs = app.test_client()
    bia = user_of(db, sign_in(theirs, "clerk"))

    assert client.post(f"/staff/{bia.id}/password", data={"password": "weak"}).status_code == 422
    assert signed_in(theirs)
    assert client.post(f"/staff/{bia.id}/password", data={"password": PASSWORD}).status_code == 303
    assert not signed_in(theirs)
    assert user_of(db, bia.email).has_password(PASSWORD)
    entry = db.session.scalar(select(AuditEntry).where(AuditEntry.action == "password_set"))
    assert (entry.actor, entry.subject_name, entry.after) == (admin, bia.email, {})


def test_ones_own_password_is_not_changed_without_the_old_one(client, db, admin):
    me = user_of(db, admin)

    assert client.post(f"/staff/{me.id}/password", data={"password": PASSWORD}).status_code == 422
    assert not user_of(db, admin).has_password(PASSWORD)


def test_a_change_is_in_the_audit_with_before_and_after(client, db, admin):
    bia = make_user(email="bia@example.com")
    client.post(f"/staff/{bia.id}", data=facts(bia, role="manager"))

    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.subject == "users", AuditEntry.action == "changed")
    ).one()
    assert (entry.actor, entry.before, entry.after) == (
        admin,
        {"role": "clerk"},
        {"role": "manager"},
    )
    page = client.get("/audit?subject=users&action=changed").text
    assert "<del>Clerk</del>" in page and "<ins>Manager</ins>" in page


def test_nobody_is_a_page_of_its_own(client, admin):
    assert client.get("/staff/999").status_code == 404
    assert client.post("/staff/999", data={}).status_code == 404
    assert client.post("/staff/999/password", data={}).status_code == 404


def test_columns_that_the_form_does_not_have_cannot_be_set(client, db, admin):
    bia = make_user(email="bia@example.com")
    answer = client.post(f"/staff/{bia.id}", data=facts(bia, password_hash="x", id="7"))

    assert answer.status_code == 422
    assert user_of(db, "bia@example.com").id == bia.id
    assert db.session.scalar(select(UserSession).where(UserSession.user_id == bia.id)) is None
