"""The code contains every message that the troubleshooting page explains."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "howto" / "troubleshooting.md").read_text("utf-8")
OF_THE_SYSTEM = {"Address already in use"}


def texts() -> str:
    """Return every text in the code, one on each line, with a gap for each value."""
    lines = []
    for path in [*(ROOT / "intake").rglob("*.py"), *(ROOT / "retention").rglob("*.py")]:
        if "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                lines.append(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values]
                lines.append("".join(parts))
    return "\n".join(lines)


def test_the_messages_on_the_page_are_those_of_the_code() -> None:
    tables = [section for section in PAGE.split("\n## ") if "| message |" in section or "| event |" in section]
    rows = [row for section in tables for row in re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)]
    assert len(rows) > 30
    known = texts()
    gone = {row for row in rows if not all(part.strip() in known for part in row.split("…"))} - OF_THE_SYSTEM
    assert gone == set()
