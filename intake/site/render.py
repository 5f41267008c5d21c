"""The static renderer: every page, script and style once, at start, from the group's settings; and their manifest.

What is rendered never changes while the server runs. `/manifest.json` gives each file's SHA-256, so that anyone can compare.
"""

import base64
import gzip
import json
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from intake.errors import InvalidError
from intake.settings import Settings
from intake.site import form_file
from intake.site.form_file import FormFile
from intake.site.languages import Language, languages

HERE = Path(__file__).parent
CLIENT = HERE.parent / "client" / "dist" / "site"
# Pages of each language: address below `/<language>/`, template, script.
PAGES = (
    ("", "form.html", "form"),
    ("return/", "return.html", "return"),
    ("about/", "about.html", ""),
    ("poster/", "poster.html", "poster"),
    ("deletions/", "deletions.html", "deletions"),
    ("desk/", "desk.html", "desk"),
    ("desk/enrol/", "enrol.html", "enrol"),
)
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class File:
    """One file of the site: its bytes, its media type, whether its address names its hash."""

    body: bytes
    type: str
    immutable: bool
    # Made once, of what is public anyway: nothing secret is ever compressed beside what somebody else chose.
    gzipped: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "gzipped", gzip.compress(self.body, 9, mtime=0))

    @property
    def sha256(self) -> str:
        """In hexadecimal, as the manifest gives it."""
        return sha256(self.body).hexdigest()


class Site:
    """Templates joined with settings, form and languages: static files, and what the plain path renders on demand."""

    def __init__(self, settings: Settings, client: Path = CLIENT) -> None:
        self.languages = languages()
        self.form: FormFile = form_file.read(settings.form)
        self.settings = settings
        self._client = client
        self._assets = self._read_assets()
        self._environments = {code: _environment(language) for code, language in self.languages.items()}
        self.files = self._render_all()

    def page(self, template: str, language: Language, address: str, **values: Any) -> str:
        """One page. `address` is its own below the language, for the switcher."""
        return (
            self._environments[language.code]
            .get_template(template)
            .render(
                language=language,
                languages=self.languages.values(),
                address=address,
                settings=self.settings,
                form=self.form,
                days=self.days,
                limits={"text": form_file.MAX_TEXT, "line": form_file.MAX_LINE},
                asset=self._asset,
                words=self._words,
                form_words=self._form_words,
                **values,
            )
        )

    @property
    def days(self) -> list[int]:
        """Days until deletion that a requester may choose: the group's default or sooner."""
        default = self.settings.policy.default_days
        return [*(days for days in (1, 3, 7, 14) if days < default), default]

    def _render_all(self) -> dict[str, File]:
        files = {address: file for address, file, _ in self._assets.values()}
        for code, language in self.languages.items():
            for address, template, script in PAGES:
                page = self.page(template, language, address, script=script, site="", plain=False)
                files[f"/{code}/{address}"] = File(page.encode(), HTML, immutable=False)
        told = {"files": {address: file.sha256 for address, file in sorted(files.items())}}
        files["/manifest.json"] = File(json.dumps(told, indent=1).encode(), "application/json", immutable=False)
        return files

    def _read_assets(self) -> dict[str, tuple[str, File, str]]:
        assets = {}
        for path in (*sorted((HERE / "styles").iterdir()), *sorted(self._client.glob("*.js"))):
            body = path.read_bytes()
            digest = sha256(body)
            address = f"/s/{path.stem}.{digest.hexdigest()[:16]}{path.suffix}"
            integrity = "sha256-" + base64.b64encode(digest.digest()).decode()
            assets[path.name] = (address, File(body, _TYPES[path.suffix], immutable=True), integrity)
        if "form.js" not in assets:
            raise InvalidError("the browser client is not built: make run builds it")
        return assets

    def _asset(self, name: str) -> dict[str, str]:
        address, _, integrity = self._assets[name]
        return {"address": address, "integrity": integrity}

    def _form_words(self, language: Language) -> dict[str, object]:
        """The form's questions and options in one language, so that a desk reads requests made in another."""
        questions = {question.id: language.gettext(question.text) for question in self.form.questions}
        options = {option.id: language.gettext(option.text) for q in self.form.questions for option in q.options}
        kinds = [option.id for q in self.form.questions if q.id == "kinds" for option in q.options]
        return {"id": self.form.id, "questions": questions, "options": options, "kinds": kinds}

    def _words(self, script: str, language: Language) -> dict[str, str]:
        """What a script says, in one language; only what differs from its English source."""
        used = json.loads((self._client / f"{script}.words.json").read_text("utf-8"))
        return {word: translated for word in used if (translated := language.gettext(word)) != word}


def _environment(language: Language) -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(language.gettext, language.ngettext, newstyle=True)  # type: ignore[attr-defined]
    return made
