"""The rule editor's page as a browser without script uses it: what stands in the form is sent, a
button at a time."""

from lxml import html
from werkzeug.datastructures import MultiDict

FORM = "rule-form"


class Editor:
    """The page open in `client`; names and values are those of the form."""

    def __init__(self, client, path: str = "/rules/new", **headers: str):
        self.client, self.headers = client, headers
        self._show(client.get(path, headers=headers))

    def _show(self, answer):
        self.answer, self.status, self.text = answer, answer.status_code, answer.text
        self.form = html.fromstring(self.text).get_element_by_id(FORM, None) if self.text else None

    def values(self) -> list[tuple[str, str]]:
        """What a browser would send: lxml keeps the line end after <textarea>, which a browser
        drops."""
        texts = {each.get("name") for each in self.form.iter("textarea")}
        return [
            (name, value.removeprefix("\n") if name in texts else value)
            for name, value in self.form.form_values()
        ]

    def value(self, name: str) -> str:
        return dict(reversed(self.values())).get(name, "")

    def listed(self, name: str) -> list[str]:
        return [value for each, value in self.values() if each == name]

    def offered(self, name: str) -> list[str]:
        """The options of a select, or the boxes of a list."""
        field = self.form.xpath(f'.//*[@name="{name}"]')
        return (
            field[0].value_options
            if field[0].tag == "select"
            else [box.get("value") for box in field]
        )

    def button(self, do: str):
        return self.form.xpath(f'.//button[@name="do"][@value="{do}"]')

    def focused(self) -> list[str]:
        return [
            each.get("name") or each.get("aria-label")
            for each in self.form.xpath(".//*[@autofocus]")
        ]

    def error(self, name: str) -> str:
        """The error beside the field or row of that name."""
        found = self.form.xpath(f'.//*[@id="f-{name.replace(".", "-")}-error"]')
        return found[0].text_content().strip() if found else ""

    @property
    def sentence(self) -> str:
        return self.form.find_class("rule-sentence")[0].text_content()

    def told(self) -> str:
        """What the page asks for while one types."""
        return self.client.post(
            "/rules/form/told", data=MultiDict(self.sent()), headers=self.headers
        ).text

    def type(self, **changes) -> "Editor":
        """Changes to what is sent; `__` stands for the dot. A list ticks boxes."""
        self.changes = {name.replace("__", "."): value for name, value in changes.items()}
        return self

    def sent(self) -> list[tuple[str, str]]:
        changes = self.__dict__.pop("changes", {})
        kept = [(name, value) for name, value in self.values() if name not in changes]
        for name, value in changes.items():
            kept += [(name, each) for each in (value if isinstance(value, list) else [value])]
        return kept

    def press(self, do: str, **headers) -> "Editor":
        """A button of the form, which is there."""
        assert do == "refresh" or self.button(do), do
        return self.post("/rules/form", [*self.sent(), ("do", do)], **headers)

    def save(self) -> "Editor":
        return self.post(self.form.get("action"), self.sent())

    def post(self, path: str, values: list[tuple[str, str]], **headers) -> "Editor":
        self._show(self.client.post(path, data=MultiDict(values), headers=self.headers | headers))
        return self
