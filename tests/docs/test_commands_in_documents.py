"""Every `intake …` command that a document shows exists and is no hidden earlier spelling."""

import re
from pathlib import Path

from typer.main import get_command

from intake.cli.main import app

ROOT = Path(__file__).parents[2]
SHOWN = re.compile(r"(?:`|^\s*|\s)(?:INTAKE_\w+=\S+ )?intake ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


def test_commands_that_documents_show_exist() -> None:
    top = get_command(app).commands  # type: ignore[attr-defined]
    commands = {name: command for name, command in top.items() if not command.hidden}
    unknown = set()
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        if path.name == "CHANGELOG.md":
            continue
        for code in CODE.findall(path.read_text("utf-8")):
            for first, second in SHOWN.findall(code.strip("`")):
                below = getattr(commands.get(first), "commands", None)
                there = first in commands if below is None else not second or (second in below and not below[second].hidden)
                if not there:
                    unknown.add((path.relative_to(ROOT).as_posix(), f"intake {first} {second}".strip()))
    assert unknown == set()
