"""The shape of what is asked."""

from webapp.http.forms import Shape


class SearchQuery(Shape):
    q: str = ""
