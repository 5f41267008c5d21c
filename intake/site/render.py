"""Render the static site at start: every page, script and style, from the group's public settings, with a manifest.

Rendered files never change while the server runs. `/settings.json` gives what the files are made of, and `/manifest.json` the
release and each file's SHA-256, so that anyone can render the same files and compare (`intake site verify`).
"""

import json
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from intake import phones
from intake.errors import InvalidError
from intake.settings import Settings
from intake.site import form_file, public_settings, text_parts, theme
from intake.site.assets import File, read_assets
from intake.site.form_file import FormFile, Question, say
from intake.site.languages import SOURCE, Language, languages
from intake.site.public_settings import PublicSettings
from retention.policy import Policy

HERE = Path(__file__).parent
CLIENT = HERE.parent / "client" / "dist" / "site"
# Pages of each language: address below `/<language>/`, template, script.
PAGES = (
    ("", "form.html", "form"),
    ("return/", "return.html", "return"),
    ("about/", "about.html", "exit"),
    ("poster/", "poster.html", "poster"),
    ("deletions/", "deletions.html", "deletions"),
    ("desk/", "desk.html", "desk"),
    ("desk/enrol/", "enrol.html", "enrol"),
    ("desk/for-someone/", "for_someone.html", "for_someone"),
)
_CHOICES = (1, 3, 7, 14, 30)  # days until deletion that each form offers besides its default
HTML = "text/html; charset=utf-8"
_JSON = "application/json"
PROJECT = "sealed-intake"  # name of the distribution
_RENDERERS = ("babel", "jinja2", "markupsafe", "msgspec")  # packages that decide bytes of the pages: dates, markup, JSON
MANIFEST = "/manifest.json"


class Site:
    """The static files, and the templates that the no-JavaScript pages render on demand.

    Args:
        settings: the server's settings, or only their public part. Nothing else of them reaches a page.
        client: the folder of the built browser client.
    """

    def __init__(self, settings: Settings | PublicSettings, client: Path = CLIENT) -> None:
        self.languages = languages()
        public = settings if isinstance(settings, PublicSettings) else public_settings.publish(settings)
        self.forms: dict[str, FormFile] = {form.id: form for form in public.forms}
        self._rules: dict[str, Policy] = dict(zip(self.forms, public.policies, strict=True))
        limited = [form.languages for form in self.forms.values() if form.languages]
        self.offered = [language for language in self.languages.values() if all(language.code in codes for codes in limited)]
        if not self.offered:
            raise InvalidError("the forms have no language in common. Nothing was started. Add one to each form file")
        self.settings = public
        if unknown := public.danger.by_language.keys() - self.languages.keys():
            raise InvalidError(
                f"INTAKE_DANGER_PHONE names no language of the pages: {', '.join(sorted(unknown))}. Nothing was started"
            )
        self._assets = read_assets(theme.files(public, HERE / "styles"), client)
        # The messages of each script, in English.
        self._messages = {
            path.name.partition(".")[0]: json.loads(path.read_text("utf-8")) for path in client.glob("*.words.json")
        }
        self._environment = _environment()
        self.files = self._render_all()

    def page(self, template: str, language: Language, address: str, **values: Any) -> str:
        """Render one page. `address` is the page's address below the language, for the language list."""
        return self._environment.get_template(template).render(
            **_speech(language),
            language=language,
            address=address,
            settings=self.settings,
            forms=list(self.forms.values()),
            say=partial(say, language=language),
            options_of=lambda question: [(option.id, say(option.text, language)) for option in question.choices],
            groups_of=partial(_groups, language),
            days_of=self.days,
            fuzz_of=lambda form: self.rules(form).fuzz_days,
            default_labels_of=partial(self._default_labels, language),
            limits={"text": form_file.MAX_TEXT, "line": form_file.MAX_LINE, "all": form_file.MAX_BYTES},
            asset=self._asset,
            logo=theme.name(self.settings),
            phone_link=phones.link,
            offered=lambda address: self.languages.values() if address.startswith("desk/") else self.offered,
            exit_of=self.exit,
            words=self._words,
            form_words=self._form_words,
            **values,
        )

    def rules(self, form: FormFile) -> Policy:
        """Return a form's rules about days."""
        return self._rules[form.id]

    def days(self, form: FormFile, fewer: int = 0) -> list[int]:
        """Return the numbers of days that a requester may choose, the default last.

        Args:
            form: the form.
            fewer: by how many days the default is shortened. No other choice lies within the range of the default.
        """
        rules = self.rules(form)
        return [*(days for days in _CHOICES if days < rules.default_days - rules.fuzz_days), rules.default_days - fewer]

    def exit(self, language: Language) -> str:
        """Return the destination of the quick exit."""
        return self.settings.exit.replace("{language}", language.code.partition("-")[0])

    def _render_all(self) -> dict[str, File]:
        files = {address: file for address, file, _ in self._assets.values()}
        for code, language in self.languages.items():
            for address, template, script in PAGES:
                if language not in self.offered and not address.startswith("desk/"):
                    continue
                page = self.page(template, language, address, script=script, site="", nojs=False)
                files[f"/{code}/{address}"] = File(page.encode(), HTML, immutable=False)
        files[public_settings.ADDRESS] = File(public_settings.to_bytes(self.settings), _JSON, immutable=False)
        hashes = {address: file.sha256 for address, file in sorted(files.items())}
        manifest = {"version": metadata.version(PROJECT), "made_with": made_with(), "files": hashes}
        files[MANIFEST] = File(json.dumps(manifest, indent=1).encode(), _JSON, immutable=False)
        return files

    def _default_labels(self, language: Language, form: FormFile) -> list[str]:
        """Return the labels of the default number of days and of each shorter one; the browser draws which of them it shows.

        Return none where they differ by their number alone, as nearly always: the page must stay small.
        """
        numbers = [self.days(form, fewer)[-1] for fewer in range(self.rules(form).fuzz_days + 1)]
        labels = [language.ngettext("After %(num)d day", "After %(num)d days", number) % {"num": number} for number in numbers]
        replaced = [labels[0].replace(str(numbers[0]), str(number)) for number in numbers]
        return [] if labels == replaced else labels

    def _asset(self, name: str) -> dict[str, str]:
        address, _, integrity = self._assets[name]
        return {"address": address, "integrity": integrity}

    def _form_words(self, language: Language) -> dict[str, object]:
        """Return the forms' questions and options in one language, so that a desk can read requests made in another."""
        return {
            form.id: {
                "questions": {question.id: say(question.text, language) for question in form.questions},
                "options": {question.id: _options(language, question) for question in form.questions},
            }
            for form in self.forms.values()
        }

    def _words(self, script: str, language: Language) -> dict[str, object]:
        """Return a script's messages in one language, as far as they differ from English.

        The key "" holds the date format. The key "%" holds the numbers of the plural forms, if the script counts anything.
        """
        messages = self._messages[script]
        counted = [message for message in messages if isinstance(message, list)]
        keys = {_key(message if isinstance(message, str) else message[0]) for message in messages}
        assert len(keys) == len(messages), "two messages with one key: reword one of them"
        words: dict[str, object] = {"": [language.pattern, *language.months]}
        words |= {_key(word): said for word in messages if isinstance(word, str) and (said := language.gettext(word)) != word}
        if language.code == SOURCE or not counted:
            return words
        words |= {_key(singular): list(forms) for singular, _ in counted if (forms := language.plural_forms(singular))}
        return {**words, "%": language.plurals}


def made_with() -> dict[str, str]:
    """Return the versions of the packages that decide bytes of the pages."""
    return {name: metadata.version(name) for name in _RENDERERS}


@cache  # each language's pages need the keys of the same 1,500 messages
def _key(message: str) -> str:
    """Return the key of a message in a page, as `keyOf` in client/src/page/i18n.ts: 32-bit FNV-1a over its code units."""
    digest = 0x811C9DC5
    for character in message:
        digest = (digest ^ ord(character)) * 0x01000193 & 0xFFFFFFFF
    number, key = digest % 36**5, ""
    while number:
        number, digit = divmod(number, 36)
        key = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + key
    return key or "0"


def _options(language: Language, question: Question) -> dict[str, str]:
    return {option.id: say(option.text, language) for option in question.choices}


def _groups(language: Language, question: Question) -> list[dict[str, object]]:
    """Return a question's groups of options as the page shows them. The options without a group come last."""
    parts = [
        (say(group.text, language), not group.closed and not (question.long and number), group.options)
        for number, group in enumerate(question.groups)
    ]
    return [
        {"text": text, "open": is_open, "options": [(option.id, say(option.text, language)) for option in options]}
        for text, is_open, options in (*parts, ("", True, question.options))
        if options
    ]


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["isolate"] = text_parts.isolate
    # Letters of other scripts stay letters in the JSON of a page. `tojson` still escapes what HTML could read as markup.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "ensure_ascii": False}
    return environment


def _speech(language: Language) -> dict[str, object]:
    """Return the message functions of the templates. They return plain text, which the template escapes."""

    def ngettext(singular: str, many: str, num: int) -> str:
        return language.ngettext(singular, many, num) % {"num": num}

    def gettext(message: str, **values: str) -> str:
        return language.filled(message, **values) if values else language.gettext(message)

    return {"_": gettext, "ngettext": ngettext, "isolated": language.isolated}
