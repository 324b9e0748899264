"""Sales that a check of taxes holds go on by themselves once the tax book is another one: a value
was typed in, a profile mended, a schema package uploaded."""

from sqlalchemy import Select, and_, or_, select

from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.processing.attention import resume
from webapp.sales.models import Sale, Status
from webapp.sales.queries import whole
from webapp.store.queries import the_shop

AT_ONCE = 100


def let_go_on() -> int:
    """Builds the notes of some of them again, those held longest first; how many. Each is marked
    with the book by which it was held, so that it is tried once for each change of the book."""
    with only_reading():
        any_held = db.session.execute(select(_held().exists())).scalar_one()
        db.session.rollback()
    if not any_held:
        return 0
    rows = whole(_held()).order_by(Sale.id).limit(AT_ONCE)
    sales = db.session.scalars(rows.with_for_update(of=Sale, skip_locked=True)).all()
    for sale in sales:
        resume(sale)
    db.session.commit()
    return len(sales)


def _held() -> Select[Sale]:
    """Those whose note a check of ours refused for something that the book decides."""
    field = Sale.reason_field
    of_the_book = or_(
        field.like("calendar.%"),
        field.like("document.%"),
        and_(field.like("lines.%"), field.not_like("%.product.%")),
    )
    book = Sale.reason_params["book"].as_string()
    return select(Sale).where(
        Sale.needs_person,
        Sale.status == Status.ATTENTION,
        Sale.reason_code == "nfe_check",
        of_the_book,
        book != the_shop().tax_book_version,
    )
