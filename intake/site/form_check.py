"""Check form files for `intake form check`: errors with their lines, and questions that a group should not ask.

An error is a form that cannot work (shape, ids, conditions, languages), or a question that needs a reason in the file. A
warning is something that makes a form harder than necessary.
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import msgspec

from intake import toml_file
from intake.errors import InvalidError
from intake.site import form_file, minimise
from intake.site.form_file import FIXED, MAX_FIELDS, MAX_WORDS, FormFile, Kind, Option, Question, Text
from intake.site.languages import languages
from intake.toml_file import KeyPath, TomlError, TomlFile

MANY = 7  # questions. With more, people give up
_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")  # of an option
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")  # of a form or question: a name in the page
_VIEWS = ("start", "check")  # the pages before and after a form's questions
_AT = re.compile(r" - at `\$\.?(.*)`$")
_RESERVED = ("days", "hidden")
_SEVERAL = (Kind.CHOICE, Kind.SEVERAL)


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: its line (from 1), whether the form is unusable with it, and the message."""

    line: int
    error: bool
    words: str


def read(path: Path) -> FormFile:
    """Return a form without errors.

    Raises:
        InvalidError: The form has errors. The message names the file and each line's error.
    """
    errors = [f"{path.name}, line {finding.line}: {finding.words}" for finding in check(path, advise=False) if finding.error]
    if errors:
        raise InvalidError("the form cannot be used:\n  " + "\n  ".join(errors))
    return form_file.read(path)


def check(path: Path, *, advise: bool = True) -> list[Finding]:
    """Return all findings of a file, by line. Without `advise`, skip the reading age, which takes a while.

    Raises:
        InvalidError: There is no such file, or it is too large.
    """
    try:
        source = toml_file.read(path)
        form = form_file.convert(source)
    except OSError as error:
        raise InvalidError(f"the form file {path} cannot be read: {error.strerror}") from None
    except TomlError as error:
        return [Finding(error.line, True, str(error))]
    except msgspec.ValidationError as error:
        return [_of_shape(error, source)]
    findings = _Checker(form, source, advise).findings
    return sorted(findings, key=lambda finding: (finding.line, not finding.error))


def _of_shape(error: msgspec.ValidationError, source: TomlFile) -> Finding:
    words, at = str(error), _AT.search(str(error))
    parts = re.findall(r"\[(\d+)\]|\[\.\.\.\]|([\w-]+)", at[1]) if at else []
    position: KeyPath = tuple(int(index) if index else name for index, name in parts if index or name)
    if unknown := re.search(r"unknown field `([\w-]+)`", words):
        position = (*position, unknown[1])
    kinds = f". Kinds are: {', '.join(Kind)}" if position and position[-1] == "kind" else ""
    return Finding(source.line_of(position), True, _AT.sub("", words) + kinds)


class _Checker:
    """Checks one form and collects its findings."""

    def __init__(self, form: FormFile, source: TomlFile, advise: bool) -> None:
        self._form, self._source, self._advise = form, source, advise
        self.findings: list[Finding] = []
        self._ids()
        self._languages()
        for index, question in enumerate(form.questions):
            self._question(index, question)
        self._cycles()
        self._sizes()
        if len(form.questions) > MANY:
            self._warn(("questions", MANY), f"{len(form.questions)} questions: ask {MANY} or fewer, or people give up")

    def _error(self, position: KeyPath, words: str) -> None:
        self.findings.append(Finding(self._source.line_of(position), True, words))

    def _warn(self, position: KeyPath, words: str) -> None:
        self.findings.append(Finding(self._source.line_of(position), False, words))

    def _ids(self) -> None:
        ids = Counter(question.id for question in self._form.questions)
        contacts = [i for i, question in enumerate(self._form.questions) if question.kind is Kind.CONTACT]
        if not _NAME.fullmatch(self._form.id) or self._form.id in _VIEWS:
            self._error(("id",), _id_words(self._form.id))
        if not self._form.questions:
            self._error((), "a form needs a question")
        for index, question in enumerate(self._form.questions):
            if not _NAME.fullmatch(question.id):
                self._error(("questions", index, "id"), _id_words(question.id))
            if question.id in _RESERVED:
                self._error(("questions", index, "id"), f"the id {question.id} is reserved for each form's last question")
            if ids[question.id] > 1:
                self._error(("questions", index, "id"), f"the id {question.id} is used {ids[question.id]} times")
        taken = Counter(name for question in self._form.questions for name in form_file.names_in_page(question))
        for index, question in enumerate(self._form.questions):
            if ids[question.id] == 1 and any(taken[name] > 1 for name in form_file.names_in_page(question)):
                words = "its id, or an option's, is used by another part of the page. Choose another"
                self._error(("questions", index, "id"), words)
        for index in contacts[1:]:
            self._error(("questions", index, "kind"), "a form asks for contact once")
        for index in contacts:
            if self._form.questions[index].subject:
                self._error(("questions", index, "subject"), "contact says nothing about the request. Mark another question")
        if contacts and len(contacts) == len(self._form.questions):
            self._error(("questions", contacts[0]), "a form needs a question besides the contact")

    def _languages(self) -> None:
        for code in self._form.languages:
            if code not in languages():
                self._error(("languages",), f"there is no language {code}: {', '.join(languages())}")
        self._check_text(("title",), self._form.title)

    def _check_text(self, position: KeyPath, text: Text) -> None:
        """Check that a text exists in each of the form's languages."""
        offered = [code for code in self._form.languages or languages() if code in languages()]
        if isinstance(text, dict):
            missing = [code for code in offered if not text.get(code, "").strip()]
            hint = ": add them, or name the form's languages (languages = […])" if not self._form.languages else ""
        else:
            missing = [code for code in offered if not text.strip() or not languages()[code].has_translation(text)]
            hint = ": the catalogues do not contain it. Give a table, text = { en = …, ar = … }"
        if missing:
            self._error(position, f"this text is missing in {', '.join(missing)}{hint}")

    def _question(self, index: int, question: Question) -> None:
        at = ("questions", index)
        for name in ("text", "hint", "why", "who"):
            if (text := getattr(question, name)) or name == "text":
                self._check_text((*at, name), text)
        self._options(at, question)
        self._when(at, question)
        for refusal in minimise.refused(question):
            if refusal.name not in question.override:
                self._error(
                    (*at, refusal.key),
                    f'{refusal.words}. To ask it, give the reason: override = {{ {refusal.name} = "…" }}',
                )
        for name, reason in question.override.items():
            if name not in minimise.NAMES:
                self._error((*at, "override"), f"no check is called {name}. Checks are: {', '.join(minimise.NAMES)}")
            elif not reason.strip():
                self._error((*at, "override"), f"give the reason for overriding {name}")
        if self._advise and (age := minimise.reading_age(question)) > minimise.READING_AGE:
            words = f"it reads like a text for {age} years; {minimise.READING_AGE} is better"
            self._warn(at, f"{words}. Shorter words, shorter sentences")

    def _options(self, at: tuple[str, int], question: Question) -> None:
        for key in ("options", "groups"):
            if getattr(question, key) and question.kind not in _SEVERAL:
                own = "has its own answers" if question.kind in FIXED else "has no options"
                self._error((*at, key), f"the kind {question.kind} {own}")
        if question.kind in _SEVERAL and len(question.listed) < 2:
            self._error((*at, "kind"), f"the kind {question.kind} needs two options or more")
        ids = Counter(option.id for option in question.listed)
        self._listed((*at, "options"), question.options, ids)
        for index, group in enumerate(question.groups):
            self._check_text((*at, "groups", index, "text"), group.text)
            if not group.options:
                self._error((*at, "groups", index), "a group needs an option")
            self._listed((*at, "groups", index, "options"), group.options, ids)

    def _listed(self, at: KeyPath, options: list[Option], ids: Counter[str]) -> None:
        for index, option in enumerate(options):
            self._check_text((*at, index), option.text)
            self._option_id((*at, index), option, ids)

    def _option_id(self, position: KeyPath, option: Option, ids: Counter[str]) -> None:
        if not _ID.fullmatch(option.id):
            self._error(position, _id_words(option.id))
        if ids[option.id] > 1:
            self._error(position, f"the option {option.id} is listed {ids[option.id]} times")

    def _when(self, at: tuple[str, int], question: Question) -> None:
        if question.when is None:
            return
        position = (*at, "when")
        other = next((candidate for candidate in self._form.questions if candidate.id == question.when.question), None)
        if other is None:
            self._error(position, f"there is no question {question.when.question}")
            return
        if not other.choices:
            self._error(position, f"the question {other.id} has no options to depend on")
        for answer in question.when.answers:
            if other.choices and answer not in [option.id for option in other.choices]:
                self._error(position, f"the question {other.id} has no option {answer}")
        if not question.when.answers:
            self._error(position, "name the answers: is = […]")
        if self._form.questions.index(other) > at[1] and not self._depends(other.id, question.id):
            self._error(position, f"put it after the question {other.id}, which it depends on")

    def _sizes(self) -> None:
        """Check that every answer fits into a request and into the page without JavaScript."""
        fields = sum(form_file.fields_of(question) for question in self._form.questions)
        if fields > MAX_FIELDS:
            self._error((), f"{fields:,} options and fields: a form can have {MAX_FIELDS:,}. Make two forms of it")
        for code in self._form.languages or languages():
            if code in languages() and (size := form_file.size_in(self._form, languages()[code])) > MAX_WORDS:
                self._error((), f"its words take {size:,} bytes in {code}: a request has room for {MAX_WORDS:,}. Shorten them")
                break

    def _depends(self, start: str, on: str) -> bool:
        """Return whether a question depends on another, directly or through others."""
        needs = {question.id: question.when.question for question in self._form.questions if question.when}
        seen: set[str] = set()
        while start in needs and start not in seen:
            seen.add(start)
            start = needs[start]
            if start == on:
                return True
        return False

    def _cycles(self) -> None:
        for index, question in enumerate(self._form.questions):
            if question.when and self._depends(question.id, question.id):
                other = question.when.question
                words = f"a cycle: {question.id} and {other} depend on each other, so neither is ever shown"
                self._error(("questions", index, "when"), words)


def _id_words(text: str) -> str:
    return f"{text!r} is not an id. An id is a letter and up to 31 small letters, digits or dashes, not start or check"
