"""The shapes of what is answered of views."""

from webapp.http.answers import OutShape


class ViewOut(OutShape):
    """`query`: what of the list's address it is filtered and sorted by, as an export takes it."""

    id: int
    listing: str
    name: str
    query: dict[str, str]


class ViewsOut(OutShape):
    items: list[ViewOut]
