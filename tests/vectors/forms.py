"""Generated forms and what people typed into them, for the rules that the browser and the page without JavaScript share.

`python -m tests.vectors.forms [SEED]` writes tests/vectors/forms/rules.json, one case a line.
"""

import json
import sys
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from intake.form import rules
from intake.site.form_file import FormFile, Kind

RULES = Path(__file__).parent / "forms" / "rules.json"
CASES = 300
SEED = 18
LIMITS = rules.Limits(line=12, text=30, all=48)
KINDS = ("several", "choice", "short", "long", "area", "contact", "often", "needed-by", "household", "urgency")
# Blanks on which languages disagree, digits of other scripts, and letters whose size in bytes differs from their number.
TEXTS = (
    "", " ", "milk", "  milk\t", "\u00a0milk\u3000", "\ufeffmilk\x85", "\x1cmilk\x1f", "\u200bmilk", "two\r\nlines",
    "two\n\n  lines\r",
    "\r\n", "٣٤٥", "𝟗१", "é" * 6, "é" * 7, "ሀ" * 4, "ሀ" * 5, "🥖" * 3, "🥖" * 4, "x" * 12, "x" * 13, " " + "x" * 12, "٣" * 12,
    '"' * 12, "\x01" * 10, "\\" * 12, "a\nb\r\nc", "x" * 30, "x" * 31, "\r\n" * 14 + "x", "\x7f\u2028\b\f", "é" * 15, "é" * 16,
)  # fmt: skip


def described(form: dict[str, Any]) -> FormFile:
    """Return a generated form as the form file that describes it."""
    questions = [{"text": "?", **question} for question in form["questions"]]
    return msgspec.convert({"id": "form", "direction": "need", "title": "?", "questions": questions}, FormFile)


def outcome(form: FormFile, fields: dict[str, list[str]], limits: rules.Limits) -> dict[str, Any]:
    """Return everything that the rules say of a form and what was typed."""
    asked = rules.applicable(form, fields)
    return {
        "applicable": [question.id for question in asked],
        "answers": {question.id: rules.answer(question, fields) for question in asked},
        "contact": rules.contact(form, fields),
        "problems": [[problem.question, str(problem.rule)] for problem in rules.problems(form, fields, limits)],
        "question_problems": [
            [problem.question, str(problem.rule)]
            for question in asked
            for problem in rules.question_problems(form, question, fields, limits)
        ],
        "is_request": rules.is_request(form, fields),
        "can_be_request": {question.id: rules.can_be_request(form, fields, question.id) for question in form.questions},
    }


def _form(random: Random) -> dict[str, Any]:
    questions: list[dict[str, Any]] = []
    for number in range(random.randint(1, 7)):
        kind = random.choice(
            [name for name in KINDS if name != "contact" or not any(q["kind"] == "contact" for q in questions)]
        )
        question: dict[str, Any] = {"id": f"q{number}", "kind": kind}
        if kind in ("several", "choice"):
            question["options"] = [{"id": f"o{n}", "text": "?"} for n in range(random.randint(2, 4))]
        if random.random() < 0.3:
            question["required"] = True
        if random.random() < 0.3 and kind != "contact":
            question["subject"] = True
        if (to := [earlier for earlier in questions if _options(earlier)]) and random.random() < 0.5:
            on = random.choice(to)
            question["when"] = {"question": on["id"], "is": random.sample(_options(on), random.randint(1, 2))}
        questions.append(question)
    return {"questions": questions}


def _options(question: dict[str, Any]) -> list[str]:
    form = described({"questions": [question | {"when": None}]})
    return [option.id for option in form.questions[0].choices]


def _fields(random: Random, form: dict[str, Any]) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for question in form["questions"]:
        options = _options(question)
        if question["kind"] == Kind.CONTACT:
            for name in rules.CONTACT_LINES:
                if random.random() < 0.4:
                    fields[name] = [random.choice(TEXTS)]
            for name in (*rules.CONTACT_CHOICES, "return_only"):
                if random.random() < 0.5:
                    fields[name] = [random.choice(["", "yes", "no", "perhaps"])]
        elif random.random() < 0.6:
            chosen = random.sample([*options, "none-of-these", ""], random.randint(0, 3)) if options else [random.choice(TEXTS)]
            fields[f"q-{question['id']}"] = chosen
    return fields


def write(seed: int = SEED) -> None:
    """Write the cases."""
    random = Random(seed)
    limits = msgspec.to_builtins(LIMITS)
    lines = []
    for _ in range(CASES):
        form = _form(random)
        fields = _fields(random, form)
        form["choices"] = {question["id"]: _options(question) for question in form["questions"]}
        case = {"form": form, "fields": fields, "limits": limits, "output": outcome(described(form), fields, LIMITS)}
        lines.append(json.dumps(case, ensure_ascii=True, separators=(",", ":")))
    RULES.parent.mkdir(exist_ok=True)
    RULES.write_text("[\n" + ",\n".join(lines) + "\n]\n", "ascii")


if __name__ == "__main__":
    write(int(sys.argv[1]) if len(sys.argv) > 1 else SEED)
