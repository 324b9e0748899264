"""The shapes of what is asked of views and exports."""

from webapp.http.forms import Shape


class ExportQuery(Shape):
    """The filters of every list; each takes its own, as the address of its page does."""

    q: str = ""
    status: str = ""
    view: str = ""
    kind: str = ""
    supplier: str = ""
    category: str = ""
    tax_profile: str = ""
    month: str = ""
    shipping: str = ""
    channel: str = ""
    agent: str = ""
    author: str = ""
    since: str = ""
    until: str = ""
    reason: str = ""
    age: str = ""
    subject: str = ""
    subject_id: str = ""
    action: str = ""
    sort: str = ""
