"""Pages isolate a value that people wrote from the words around it, so that neither changes the other's order."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

from intake.site.languages import languages
from intake.site.render import HERE

TEMPLATES = sorted((HERE / "templates").rglob("*.html"))
FSI, PDI = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_VALUE = re.compile(r"\{\{\s*(.+?)\s*\}\}", re.DOTALL)
_NOT_SHOWN = re.compile(r"\{#.*?#\}|\{%.*?%\}", re.DOTALL)
# Words and parts of the page itself, and values that are isolated already.
_OWN = re.compile(
    r"(_|ngettext|isolated|failure|control|choices|listed|line|contact|about|row|lines|boxes|beside)\("
    r"|questions\.|receipt\.|words\(|form_words\(|asset\("
)
_ISOLATED = re.compile(r"(phone|optional)\(")  # macros whose own element isolates what they show
_ISOLATING = {
    "bdi", "p", "li", "ul", "h1", "h2", "h3", "dt", "dd", "td", "th", "summary", "details", "legend", "label", "button",
    "option", "textarea", "title", "figcaption", "div", "section", "main", "header", "aside", "nav", "footer", "script",
    "style", "fieldset", "table", "tr", "dl", "figure", "body", "head", "html", "form", "noscript",
}  # fmt: skip
_VOID = {"meta", "link", "img", "input", "br", "path", "circle", "rect"}


@dataclass
class Run:
    """The text of an element that isolates it: the Bidirectional Algorithm orders it by itself."""

    tag: str
    values: list[str] = field(default_factory=list)
    words: bool = False
    isolates: bool = True


class Runs(HTMLParser):
    """Collects each run with the values in it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.expressions: list[str] = []
        self.closed: list[Run] = []
        self.open = [Run("")]
        self.feed(_VALUE.sub(self._mark, _NOT_SHOWN.sub(" ", source)))
        self.closed += self.open

    def _mark(self, value: re.Match[str]) -> str:
        self.expressions.append(value[1])
        return f"⟦{len(self.expressions) - 1}⟧"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(Run(tag, isolates=tag in _ISOLATING or "dir" in dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        while self.open[-1].tag != tag:  # a list item or a paragraph that is not closed
            self._close()
        self._close()

    def _close(self) -> None:
        run = self.open.pop()
        if run.isolates:
            self.closed.append(run)
        else:  # the algorithm orders its text together with the text around it
            self.open[-1].values += run.values
            self.open[-1].words |= run.words

    def handle_data(self, data: str) -> None:
        run = self.open[-1]
        run.words |= bool(re.sub(r"⟦\d+⟧", "", data).strip())
        for number in re.findall(r"(?<!=\")⟦(\d+)⟧", data):
            expression = self.expressions[int(number)]
            if _OWN.match(expression):
                run.words = True
            elif not _ISOLATED.match(expression):
                run.values.append(expression)


def bare(source: str) -> Iterator[str]:
    """Return the values of a template that share a run with words or with other values."""
    for run in Runs(source).closed:
        if run.tag not in ("script", "style") and (run.words or len(run.values) > 1):
            yield from run.values


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(HERE / "templates").as_posix())
def test_each_value_in_a_template_is_isolated_from_the_words_around_it(path: Path) -> None:
    assert list(bare(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("<p>{{ name }}</p>", []),
        ("<p>{{ _('Call') }} <bdi>{{ name }}</bdi>.</p>", []),
        ("<p><b>{{ name }}</b> {{ number }}</p>", ["name", "number"]),
        ("<p>{{ _('Call') }} <span>{{ name }}</span></p>", ["name"]),
        ('<p>{{ _("Call") }} <span dir="ltr">{{ name }}</span></p>', []),
        ("<title>{% block title %}{% endblock %} · {{ name }}</title>", ["name"]),
        ("<p{% if a %} id='x'{% endif %}>{{ name }}: {{ _('deleted') }}", ["name"]),
    ],
)
def test_the_control_a_bare_value_is_recognised(source: str, values: list[str]) -> None:
    assert list(bare(source)) == values


@pytest.mark.parametrize("code", ["ar", "fa", "fa-AF", "ps", "ur"])
def test_values_in_messages_are_isolated_on_pages_from_the_right(code: str) -> None:
    message, language = "The group read your request on %(day)s.", languages()[code]
    assert f"{FSI}3 (2){PDI}" in language.filled(message, day="3 (2)")
    assert FSI not in language.filled(message, day=f"\N{LEFT-TO-RIGHT ISOLATE}3{PDI}"), "isolated already"


def test_values_in_messages_are_isolated_on_other_pages_only_where_they_are_written_from_the_right() -> None:
    message, language = "“%(question)s” needs an answer.", languages()["en"]
    assert language.filled(message, question="Where?") == "“Where?” needs an answer."
    assert language.filled(message, question="أين؟ (2)") == f"“{FSI}أين؟ (2){PDI}” needs an answer."


def test_no_module_fills_a_message_past_the_isolation() -> None:
    root = HERE.parent
    found = [
        f"{path.relative_to(root)}: {line.strip()}"
        for path in sorted(root.rglob("*.py"))
        if "client" not in path.relative_to(root).parts
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"gettext\(.*\) % ", line) and '"num"' not in line
    ]
    assert [line.partition(":")[0] for line in found] == ["site/languages.py"]
