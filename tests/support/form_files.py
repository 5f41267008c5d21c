"""Parts of form files, and the findings of the check."""

from pathlib import Path

from intake.site import form_check

HEAD = 'id = "need"\ndirection = "need"\ntitle = "I need something"\n'
TOLD = 'why = "Some things do not fit into a list."\nwho = "The people who help with this request."\n'
WORDS = f'[[questions]]\nid = "words"\nkind = "long"\ntext = "What should we know?"\n{TOLD}'


def found(tmp_path: Path, text: str) -> list[form_check.Finding]:
    path = tmp_path / "form.toml"
    path.write_text(text, "utf-8")
    return form_check.check(path)


def errors(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    return [(finding.line, finding.words) for finding in found(tmp_path, text) if finding.error]
