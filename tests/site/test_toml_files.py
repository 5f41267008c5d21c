"""Hostile form files cost no more than a second and little memory. An error names its own line."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from intake import settings, toml_file
from intake.errors import IntakeError
from intake.site import form_check, form_file
from intake.site.form_file import FORMS
from intake.toml_file import MAX_BYTES, MAX_DEPTH, MAX_PARTS, TomlError
from tests.support.form_files import HEAD, TOLD, WORDS, errors

SECONDS, MEMORY = 1.0, 64 * 2**20  # of processor time; bytes more than for a harmless file
ATTACKS = {
    "3 KB of [": "[" * 3000,
    "a list in a list in a list": "a = " + "[" * 100_000,
    "lists that are closed": "a = " + "[" * 5000 + "]" * 5000 + "\n",
    "tables in tables": "a = " + "{a=" * 30_000,
    "tables that are closed": "a = " + "{a=" * 5000 + "1" + "}" * 5000 + "\n",
    "a dotted key of 40 KB": "a." * 20_000 + "a = 1\n",
    "a dotted key of 40 KB in an error": "a." * 20_000 + "a = \n",
    "a dotted key of 40 KB with an error before it": "x = \n" + "a." * 20_000 + "a = 1\n",
    "a dotted header": "[" + "a." * 50_000 + "a]\n",
    "a dotted key of 40 KB in a table within a list": "x = [{" + "a." * 20_000 + "a = 1}]\n",
    "100 KB of quotes": '"""' * 33_000,
    "a number of 100 KB": "a = " + "1" * 100_000 + "\n",
    "100 KB of tables": "[[a]]\n" * 16_000,
    "one byte too many": "#" * (MAX_BYTES + 1),
}  # fmt: skip


@pytest.mark.alone
@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS)
def test_a_hostile_form_file_is_refused_within_a_second(text: str, tmp_path: Path) -> None:
    path = tmp_path / "form.toml"
    path.write_text(text)
    for look in (lambda: form_check.check(path, advise=False), lambda: form_file.read(path), lambda: settings.read(
        {"INTAKE_FORMS": str(path)})):  # fmt: skip
        begun = time.process_time()
        said = said_by(look)
        assert time.process_time() - begun < SECONDS
        assert said
        assert all(len(words) < 300 for words in said)


def said_by(look: Callable[[], object]) -> list[str]:
    """Return the errors that `look` returns or raises."""
    try:
        problems = look()
    except IntakeError as error:
        return [str(error)]
    if not isinstance(problems, list):
        return ["nothing: settings need no questions"]
    return [problem.words for problem in problems if problem.error]


MEASURED = """
import resource, sys
from pathlib import Path
from intake.errors import InvalidError
from intake.site import form_check
form_check.check(Path(sys.argv[2]), advise=False)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    form_check.check(Path(sys.argv[1]), advise=False)
except InvalidError:
    pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.parametrize("name", ["a dotted key of 40 KB", "a list in a list in a list", "100 KB of quotes"])
def test_a_hostile_form_file_takes_little_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / "form.toml"
    path.write_text(ATTACKS[name])
    command = [sys.executable, "-c", MEASURED, str(path), str(FORMS / "need.toml")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONMALLOC": "malloc"})
    assert int(done.stdout) < MEMORY


def test_an_error_after_a_text_that_holds_a_header_is_said_with_its_own_line(tmp_path: Path) -> None:
    hint = 'hint = """\n[[questions]]\nid = "no question"\n"""\n'
    text = HEAD + WORDS + hint + WORDS.replace('"words"', '"wörds"')
    line = text.splitlines().index('id = "wörds"') + 1
    assert [at for at, words in errors(tmp_path, text) if "is not an id" in words] == [line]


def test_the_line_of_an_error_is_found_for_each_way_to_write_a_table() -> None:
    text = (
        "# a comment\r\n"
        'title."en" = "x"\r\n'
        "[[questions]]\r\n"
        "text = {en = \"a\", ar = '[[questions]]'}\r\n"
        "options = [ # [[questions]]\r\n"
        '  { id = "a" },\r\n'
        "  # { id = none }\r\n"
        '  { id = "b",\t"text" = "c" },\r\n'
        "]\r\n"
        "[questions.override]\r\n"
        'address = "d"\r\n'
        "[[questions]]\r\n"
        "when.is = [\r\n"
        '  "e",\r\n'
        "]\r\n"
    )
    read = toml_file.parse(text)
    lines = {
        (): 1, ("title", "en"): 2, ("questions",): 3, ("questions", 0): 3, ("questions", 0, "text", "ar"): 4,
        ("questions", 0, "options", 0, "id"): 6, ("questions", 0, "options", 1): 8, ("questions", 0, "options", 1, "text"): 8,
        ("questions", 0, "override"): 10, ("questions", 0, "override", "address"): 11, ("questions", 1): 12,
        ("questions", 1, "when", "is"): 13, ("questions", 1, "when", "is", 0): 14, ("questions", 1, "none"): 12, ("none",): 1,
    }  # fmt: skip
    assert {location: read.line_of(location) for location in lines} == lines


def test_the_bounds_fit_real_forms_and_name_each_excess() -> None:
    inside = "a = " + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "\n" + ".".join("b" * MAX_PARTS) + " = 1\n"
    assert toml_file.parse(inside).values["a"]
    with pytest.raises(TomlError, match=f"more than {MAX_DEPTH} lists or tables") as deep:
        toml_file.parse("\na = [" + inside[4:].replace("\n", "]\n", 1))
    assert deep.value.line == 2
    with pytest.raises(TomlError, match=f"more than {MAX_PARTS} parts") as long:
        toml_file.parse("\n\nc." + ".".join("b" * MAX_PARTS) + " = 1\n")
    assert long.value.line == 3
    with pytest.raises(TomlError, match="bytes"):
        toml_file.parse("a" * 300 + "." + "b = 1\n")


def test_the_message_of_tomllib_for_a_small_mistake_is_kept(tmp_path: Path) -> None:
    ((line, words),) = errors(tmp_path, HEAD + WORDS + TOLD.replace('"', "", 1))
    assert line == HEAD.count("\n") + WORDS.count("\n") + 1
    assert re.search(r"not TOML: .+ \(at line \d+, column \d+\)", words)
