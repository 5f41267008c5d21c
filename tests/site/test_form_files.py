# ruff: noqa: E501 -- rows of a table
"""The check names the line of each fault in a form file, and refuses questions that nobody needs to ask.

A changed form file does not break sealed cases.
"""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake import settings, toml_file
from intake.errors import InvalidError, SettingsError
from intake.site import form_check, form_file, minimise
from intake.site.form_file import FIXED, FORMS, Kind
from intake.site.languages import languages
from intake.site.render import Site
from tests.support.form_files import HEAD, TOLD, WORDS, errors, found


def question(more: str, *, text: str = "What should we know?", name: str = "two", kind: str = "short") -> str:
    return f'[[questions]]\nid = "{name}"\nkind = "{kind}"\ntext = "{text}"\n{TOLD}{more}\n'


@pytest.mark.parametrize("path", sorted(FORMS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_samples_have_no_error_and_no_warning_in_any_language(path: Path) -> None:
    assert form_check.check(path) == []


def test_the_samples_know_what_groups_give_and_ask_for() -> None:
    need, offer = (form_file.read(FORMS / f"{name}.toml") for name in ("need", "offer"))
    kinds = [{option.id for option in form.questions[0].choices} for form in (need, offer)]
    assert kinds[0] == kinds[1]
    assert {"groceries", "meals", "supplies", "baby", "clothing", "laundry", "rent", "bills", "utilities", "medicine", "housing",
            "storage", "space", "ride", "errands", "prescriptions", "childcare", "eldercare", "pets", "company", "check-in",
            "interpreting", "translation", "paperwork", "tech", "health", "reproductive", "violence", "legal", "immigration", "bail",
            "other"} == kinds[0]  # fmt: skip
    assert {Kind.NEEDED_BY, Kind.OFTEN, Kind.AREA, Kind.CONTACT} <= {question.kind for question in need.questions}


def test_today_is_the_soonest_day_on_which_something_is_needed() -> None:
    assert FIXED[Kind.NEEDED_BY][0].id == "today"
    need = form_file.read(FORMS / "need.toml")
    assert Kind.NEEDED_BY in {question.kind for question in need.questions}


def test_the_samples_show_no_sensitive_option_before_its_group_is_opened() -> None:
    for name in ("need", "offer"):
        groups = form_file.read(FORMS / f"{name}.toml").questions[0].groups
        assert len(groups) == 5
        closed = {option.id for group in groups if group.closed for option in group.options}
        assert {"reproductive", "violence", "immigration", "bail"} <= closed


def test_the_offer_form_names_what_people_give_in_its_own_words() -> None:
    need, offer = (form_file.read(FORMS / f"{name}.toml").questions[0] for name in ("need", "offer"))
    own = {option.id: option.text for option in offer.choices if option not in need.choices}
    assert own.keys() >= {"company", "housing", "prescriptions", "check-in", "interpreting", "violence"}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("id =", 1, "not TOML"),
        (HEAD + "colour = 1\n" + WORDS, 4, "unknown field"),
        ('id = "need"\ntitle = "I need something"\n' + WORDS, 1, "direction"),
        (HEAD + WORDS.replace('"long"', '"dropdown"'), 6, "Kinds are: several, choice"),
        (HEAD + WORDS + WORDS, 5, "used 2 times"),
        (HEAD.replace('"need"', '"Need!"', 1) + WORDS, 1, "is not an id"),
        (HEAD + WORDS.replace('"words"', '"wörds"'), 5, "is not an id"),
        (HEAD + WORDS.replace('"words"', '"2words"'), 5, "is not an id"),
        (HEAD.replace('"need"', '"check"', 1) + WORDS, 1, "not start or check"),
        (HEAD + question("", kind="contact", name="c") + question("", name="c-name"), 12, "used by another part"),
        (HEAD + question('options = [{ id = "why", text = "Once" }, { id = "b", text = "Today" }]', kind="choice"), 5, "used by another part"),
        (HEAD + WORDS.replace('"What should we know?"', '" "'), 7, "missing in en"),
        (HEAD + WORDS.replace('"words"', '"days"'), 5, "reserved for each form"),
        (HEAD + WORDS + question("", kind="choice"), 12, "two options"),
        (HEAD + WORDS + question('options = [{ id = "a", text = "Today" }]'), 16, "has no options"),
        (HEAD + WORDS + question('options = [{ id = "a", text = "Today" }]', kind="often"), 16, "has its own answers"),
        (HEAD + WORDS + question('options = [\n  { id = "a", text = "Today" },\n  { id = "a", text = "Once" },\n]', kind="choice"),
         17, "is listed 2 times"),
        (HEAD + question("", kind="contact") + question("", kind="contact", name="three"), 13, "contact once"),
        (HEAD + question("subject = true", kind="contact", name="c") + WORDS, 10, "contact says nothing about the request"),
        (HEAD + question("", kind="contact", name="c"), 4, "besides the contact"),
        (HEAD + question('[[questions.groups]]\ntext = "Once"\noptions = [{ id = "a", text = "Today" }]'), 10, "has no options"),
        (HEAD + question('[[questions.groups]]\ntext = "Anything else?"\noptions = [{ id = "a", text = "Today" }, { id = "b", text = "Once" }]',
                         kind="choice"), 11, "the catalogues do not contain it"),
        (HEAD + question('[[questions.groups]]\ntext = "Once"\noptions = []\n[[questions.groups]]\ntext = "Once"\noptions = [\n'
                         '  { id = "a", text = "Today" },\n  { id = "a", text = "Once" },\n]', kind="choice"), 16, "is listed 2 times"),
        (HEAD + question('[[questions.groups]]\ntext = "Once"\noptions = []\n', kind="choice"), 10, "a group needs an option"),
        (HEAD + question('[[questions.groups]]\ntext = "Once"\nshut = true\noptions = []\n', kind="choice"), 12, "unknown field"),
        (HEAD + WORDS + question('when = { question = "none", is = ["a"] }'), 16, "there is no question none"),
        (HEAD + WORDS + question('when = { question = "words", is = ["a"] }'), 16, "no options to depend on"),
        (HEAD + question("", kind="often", name="o") + question('when = { question = "o", is = ["daily"] }'), 17, "no option daily"),
        (HEAD + question("", kind="often", name="o") + question('when = { question = "o", is = [] }'), 17, "name the answers"),
        (HEAD + question('when = { question = "o", is = ["once"] }') + question("", kind="often", name="o"), 10, "put it after"),
        (HEAD + question('when = { question = "b", is = ["once"] }', name="a", kind="often")
         + question('when = { question = "a", is = ["once"] }', name="b", kind="often"), 10, "a cycle"),
        (HEAD + question('when = { question = "a", is = ["once"] }', name="a", kind="often"), 10, "a cycle"),
        (HEAD + 'languages = ["en", "xx"]\n' + WORDS, 4, "there is no language xx"),
        (HEAD + WORDS.replace('"What should we know?"', '"Anything else?"'), 7, "the catalogues do not contain it"),
        (HEAD + WORDS.replace('"What should we know?"', '{ en = "Anything else?", ar = "شيء آخر؟" }'), 7, "name the form's languages"),
        (HEAD.replace('"I need something"', '{ en = "Help" }') + 'languages = ["en", "ar"]\n' + WORDS, 3, "missing in ar"),
        (HEAD + WORDS + 'override = { nonsense = "because" }', 10, "no check is called nonsense"),
        (HEAD + WORDS + 'override = { address = " " }', 10, "give the reason for overriding address"),
    ],
)  # fmt: skip
def test_an_error_is_reported_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    problems = errors(tmp_path, text)
    assert any(at == line and words in said for at, said in problems), problems
    with pytest.raises(InvalidError, match=rf"form\.toml, line {line}: "):
        form_check.read(tmp_path / "form.toml")


def test_a_form_of_one_language_needs_no_other(tmp_path: Path) -> None:
    text = HEAD.replace('"I need something"', '{ en = "Help" }') + 'languages = ["en"]\n' + WORDS
    assert errors(tmp_path, text) == []


def test_a_form_file_that_is_missing_or_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "form.toml").write_bytes(b"\xff\xfe")
    assert [problem.words for problem in form_check.check(tmp_path / "form.toml")] == ["it is not UTF-8 text"]
    with pytest.raises(InvalidError, match=r"none\.toml"):
        form_check.check(tmp_path / "none.toml")
    for name in ("form.toml", "none.toml"):
        with pytest.raises(InvalidError, match=name):
            form_file.read(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("immigration", "What is your immigration status?"), ("immigration", "¿Tiene papeles?"), ("immigration", "ما وضع الإقامة؟"),
        ("government-id", "Your social security number"), ("government-id", "पासपोर्ट नंबर"), ("birth-date", "Date of birth"),
        ("birth-date", "تاريخ الميلاد"), ("ethnicity", "What is your ethnicity?"), ("ethnicity", "जाति"), ("address", "Your address"),
        ("address", "Domicilio"),
    ],
)  # fmt: skip
def test_a_question_that_nobody_should_be_asked_is_refused_without_a_reason(tmp_path: Path, name: str, asked: str) -> None:
    text = HEAD + 'languages = ["en"]\n' + WORDS.replace('"What should we know?"', f'{{ en = "{asked}" }}')
    assert any(f"override = {{ {name} =" in words for _, words in errors(tmp_path, text))
    assert errors(tmp_path, text + f'override = {{ {name} = "we bring hospital beds" }}\n') == []


def test_a_question_without_a_named_user_of_its_answers_is_refused(tmp_path: Path) -> None:
    text = HEAD + WORDS.replace(TOLD, "")
    assert [words for _, words in errors(tmp_path, text) if "nobody says who uses it" in words]
    blank = HEAD + 'languages = ["en"]\n' + WORDS.replace(TOLD, 'why = " "\nwho = " "\n')
    assert [words for _, words in errors(tmp_path, blank) if "nobody says who uses it" in words]
    assert errors(tmp_path, text + 'override = { no-use = "for ourselves" }\n') == []


def test_the_check_warns_of_many_questions_and_of_difficult_words(tmp_path: Path) -> None:
    many = HEAD + "".join(question("", name=f"q{n}") for n in range(8))
    assert [problem.words for problem in found(tmp_path, many) if not problem.error] == [
        "8 questions: ask 7 or fewer, or people give up"
    ]
    hard = "Kindly elucidate the particular circumstances necessitating organisational intervention on your behalf"
    text = HEAD + 'languages = ["en"]\n' + WORDS.replace('"What should we know?"', f'{{ en = "{hard}" }}')
    assert any("it reads like a text for" in problem.words and not problem.error for problem in found(tmp_path, text))


def test_words_that_only_resemble_forbidden_ones_are_not_refused() -> None:
    for name in ("need", "offer"):
        for question in form_file.read(FORMS / f"{name}.toml").questions:
            assert {refusal.name for refusal in minimise.refused(question)} <= question.override.keys(), question.id


@given(st.text(max_size=300), st.lists(st.one_of(st.integers(-3, 9), st.text(max_size=9)), max_size=4))
def test_the_line_of_an_error_is_found_in_any_text(source: str, location: list[str | int]) -> None:
    try:
        read = toml_file.parse(source)
        line = read.line_of(tuple(location))
    except toml_file.TomlError as error:
        line = error.line
    assert 1 <= line <= source.count("\n") + 1


def test_forms_must_agree_on_what_the_server_does_without_knowing_the_form(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(HEAD + WORDS)
    (tmp_path / "b.toml").write_text(HEAD.replace('id = "need"', 'id = "b"') + WORDS + "[retention]\nclosed_days = 3\n")
    with pytest.raises(SettingsError, match="closed_days and grace_days must agree"):
        settings.read({"INTAKE_FORMS": str(tmp_path)})
    with pytest.raises(SettingsError, match="no form file"):
        settings.read({"INTAKE_FORMS": str(tmp_path / "none")})


def test_forms_with_one_id_or_no_language_in_common_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(HEAD + WORDS)
    (tmp_path / "b.toml").write_text(HEAD + WORDS)
    with pytest.raises(InvalidError, match="another form also has the id need"):
        Site(settings.read({"INTAKE_FORMS": str(tmp_path)}))
    (tmp_path / "a.toml").write_text(HEAD + 'languages = ["en"]\n' + WORDS)
    (tmp_path / "b.toml").write_text(HEAD.replace('id = "need"', 'id = "b"') + 'languages = ["ar"]\n' + WORDS)
    with pytest.raises(InvalidError, match="no language in common"):
        Site(settings.read({"INTAKE_FORMS": str(tmp_path)}))


def test_a_group_of_one_language_offers_that_one_and_its_desk_all(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(HEAD + 'languages = ["ar"]\n' + WORDS)
    site = Site(settings.read({"INTAKE_FORMS": str(tmp_path)}))
    assert "/ar/" in site.files
    assert "/en/" not in site.files
    assert {f"/{code}/desk/" for code in languages()} <= set(site.files)
    assert json.loads(site.files["/manifest.json"].body)["files"].keys() == site.files.keys() - {"/manifest.json"}


def test_a_default_whose_plural_form_may_change_names_all_its_labels(tmp_path: Path) -> None:
    for default, named in ((30, False), (23, True)):
        form = (FORMS / "need.toml").read_text("utf-8").replace("default_days = 30", f"default_days = {default}")
        (tmp_path / "need.toml").write_text(form, "utf-8")
        page = Site(settings.read({"INTAKE_FORMS": str(tmp_path)})).files["/ru/"].body.decode()
        russian = languages()["ru"]
        words = [
            russian.ngettext("After %(num)d day", "After %(num)d days", n) % {"num": n} for n in range(default, default - 4, -1)
        ]
        assert (f'data-labels="{"|".join(words)}"' in page) is named
        assert ("data-labels" in page) is named
