"""Write docs/reference/cli.md and docs/reference/api.md: `make reference`.

The commands come from the program itself, and the HTTP API from docs/reference/openapi.yaml. tests/docs/test_reference_pages.py
checks that both pages are what this script writes.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import yaml
from typer.main import get_command

REFERENCE = Path(__file__).parent / "reference"
ROOT = REFERENCE.parents[1]
METHODS = ("get", "post", "put", "delete")
Schema = dict[str, Any]

CLI_HEAD = """# Commands

This page lists every command of `intake`, for operators and for coordinators who work at a terminal.
`make reference` writes this page from the program's own help.

In a clone the commands are in `.venv/bin/`. `intake` and `sealed-intake` are the same program. Each command explains itself
with `--help`, `intake --version` prints the version, and `intake --install-completion` teaches your shell to complete commands.
The commands read [settings](settings.md) from the
environment, and [exit codes](exit-codes.md) have a page of their own. Commands with `--server` work against any server, and
open cases on the machine where they run. All others work on the store of this machine.
"""
API_HEAD = """# HTTP API

This page is for developers of clients and for reviewers. `make reference` writes it from [openapi.yaml](openapi.yaml).
The tests compare that file with the routes of the server.

Every call may also answer with a [problem](#problems). Then nothing was changed.
"""
SIGN_IN_OPTIONS = ("--server", "--handle", "--passphrase-file")
SIGN_IN = "This command also takes `--server`, `--handle` and `--passphrase-file`. See [signing in](#signing-in)."


def cli_page() -> str:
    """Return the page of the commands."""
    from intake.cli.main import app

    root = get_command(app)
    parts = [CLI_HEAD, *_command("intake", root.commands["run"], "run")]  # type: ignore[attr-defined]
    for name, command in sorted(root.commands.items()):  # type: ignore[attr-defined]
        if name != "run" and not command.hidden:
            parts += _command("intake", command, name)
    return "\n".join([*parts, _signing_in(root)]).rstrip() + "\n"


def _command(before: str, command: Any, name: str) -> Iterator[str]:
    called = f"{before} {name}"
    if hasattr(command, "commands"):
        yield f"## {called}\n\n{command.help}\n"
        for below, subcommand in command.commands.items():
            if not subcommand.hidden:
                yield from _command(called, subcommand, below)
        return
    text, _, rest = (command.help or "").partition("Example:")
    example, _, after = rest.strip().partition("\n")
    level = "##" if before == "intake" else "###"
    arguments = " ".join(p.name.upper() if p.required else f"[{p.name.upper()}]" for p in _params(command, "argument"))
    yield f"{level} {called}\n\n`{f'{called} {arguments}'.strip()}`\n\n{_paragraphs(text)}\n"
    if after.strip():
        yield f"{_paragraphs(after)}\n"
    if example:
        yield f"```\n{example}\n```\n"
    shown = [p for p in _params(command) if not p.hidden]
    signs_in = set(SIGN_IN_OPTIONS) <= {p.opts[0] for p in shown}
    rows = [_param_row(p) for p in shown if not (signs_in and p.opts[0] in SIGN_IN_OPTIONS)]
    if rows:
        yield "| name | takes | meaning | default |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    if signs_in:
        yield SIGN_IN + "\n"


def _signing_in(root: Any) -> str:
    command = root.commands["case"].commands["list"]
    rows = [_param_row(p) for p in _params(command) if p.opts[0] in SIGN_IN_OPTIONS]
    head = "## Signing in\n\nCommands for coordinators sign in first. They ask for what is not given here.\n\n"
    return head + "| name | takes | meaning | default |\n|---|---|---|---|\n" + "\n".join(rows)


def _params(command: Any, kind: str = "") -> list[Any]:
    return [p for p in command.params if (not kind or p.param_type_name == kind) and p.name != "help"]


def _param_row(param: Any) -> str:
    kind = param.type_descriptor.annotation
    repeated = " (may be repeated)" if get_args(kind) else ""
    kind = (get_args(kind) or (kind,))[0]
    takes = {"bool": "–", "int": "a number", "Path": "a path", "FileText": "a file"}.get(kind.__name__, "a text")
    name = param.opts[0] if param.param_type_name == "option" else param.name.upper()
    default = "required" if param.required else "" if param.default in (None, "", False) else f"`{param.default}`"
    return f"| `{name}` | {takes}{repeated} | {_cell(param.help or '')} | {default} |"


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def api_page() -> str:
    """Return the page of the HTTP API."""
    spec: Schema = yaml.safe_load((REFERENCE / "openapi.yaml").read_text("utf-8"))
    parts = [API_HEAD, spec["info"]["description"].strip(), ""]
    tags = [*spec["tags"], {"name": "other", "description": "For everyone: health, the quick exit, the security contact."}]
    for tag in tags:
        parts += [f"## {tag['name'].capitalize()}", "", tag["description"], ""]
        for path, item in spec["paths"].items():
            for method in METHODS:
                if method in item and item[method].get("tags", ["other"]) == [tag["name"]]:
                    parts += _operation(spec, path, method, item)
    parts += ["## Problems", "", spec["components"]["schemas"]["Problem"]["properties"]["type"]["description"].strip(), ""]
    parts += ["## Bodies", ""]
    for name, schema in spec["components"]["schemas"].items():
        parts += _schema(name, schema)
    return "\n".join(parts).replace("docs/reference/format.md", "[format](format.md)").rstrip() + "\n"


def _operation(spec: Schema, path: str, method: str, item: Schema) -> Iterator[str]:
    operation = item[method]
    yield f"### {method.upper()} {path}\n"
    yield f"{operation['summary'].rstrip('.')}. {operation.get('description', '')}".strip() + "\n"
    parameters = [_resolved(spec, p) for p in (*item.get("parameters", ()), *operation.get("parameters", ()))]
    for parameter in parameters:
        meaning = f": {parameter['description']}" if "description" in parameter else ""
        yield f"- parameter `{parameter['name']}` ({parameter['in']}, {_type(parameter['schema'])}){meaning}"
    if "requestBody" in operation:
        (content,) = operation["requestBody"]["content"].values()
        yield f"- body: {_type(content['schema'])}"
    for status, answer in operation["responses"].items():
        if status != "default":
            body = "".join(f" Body: {_type(content['schema'])}" for content in answer.get("content", {}).values())
            yield f"- answer {status}: {answer['description'].rstrip('.')}.{body}"
    if operation.get("security"):
        yield "- needs a session"
    yield ""


def _schema(name: str, schema: Schema) -> Iterator[str]:
    yield f"### {name}\n"
    if "description" in schema:
        yield f"{schema['description'].strip().rstrip('.')}.\n"
    parts = schema.get("allOf", [schema])
    for part in parts:
        if "$ref" in part:
            yield f"All members of {_type(part)}, and:\n"
    if not any("properties" in part for part in parts):
        yield f"{_type({key: value for key, value in schema.items() if key != 'description'})}\n"
        return
    yield "| member | type | meaning |\n|---|---|---|"
    for part in parts:
        for member, inner in part.get("properties", {}).items():
            optional = "" if "required" not in part or member in part["required"] else " (optional)"
            meaning = "" if name == "Problem" and member == "type" else _cell(inner.get("description", ""))
            kind = "text, see [Problems](#problems)" if name == "Problem" and member == "type" else _type(inner)
            yield f"| `{member}` | {kind}{optional} | {meaning} |"
    yield ""


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "x-parcel" in schema:
        return f"a [parcel](format.md#parcels) of {_type(schema['x-parcel'])}"
    for several in ("anyOf", "allOf"):
        if several in schema:
            return " or ".join(_type(choice) for choice in schema[several])
    if "enum" in schema:
        return " or ".join(f"`{value}`" if value else "empty" for value in schema["enum"])
    if "const" in schema:
        return f"`{str(schema['const']).lower()}`"
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " or ".join(_type({**schema, "type": name}) for name in kind)
    if kind == "array" and schema.get("maxItems") == 0:
        return "an empty list"
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "object" and "properties" in schema:
        return "{ " + ", ".join(f"`{member}`: {_type(inner)}" for member, inner in schema["properties"].items()) + " }"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"map of {_type(schema['additionalProperties'])}"
    return {"string": "text", "integer": "number", "boolean": "true or false"}.get(str(kind), str(kind))


def _resolved(spec: Schema, schema: Schema) -> Schema:
    target: Schema = spec["components"]["parameters"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    return target


def main() -> None:
    """Write both pages."""
    for name, page in (("cli.md", cli_page), ("api.md", api_page)):
        (REFERENCE / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
