"""Imports go one way (docs/explanation/architecture.md, Layers); modules are short; third-party primitives have one place."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    p for top in ("crypto", "retention", "intake") for p in (ROOT / top).rglob("*.py") if "node_modules" not in p.parts
)
OURS = ("crypto", "retention", "intake")

FRONT = (
    "crypto",
    "retention",
    "intake.store",
    "intake.site",
    "intake.errors",
    "intake.settings",
    "intake.server.web",
    "intake.operator_log",
    "intake.service",
    "intake.clock",
    "intake.room",
)

BELOW_SERVICE = (
    "room",
    "store",
    "clock",
    "age_keys",
    "backup",
    "operator_log",
    "opening",
    "errors",
    "known",
    "notices",
    "settings",
    "stretching",
    "watchers",
    "writer",
)
FILES = ("retention.files",)
TOML = ("intake.toml_file", *FILES)
# Who may import what of ours; the longest matching prefix of the importer counts.
ALLOWED = {
    "crypto": ("crypto",),
    "retention.policy": (),
    "retention": ("crypto", "retention"),
    "intake.errors": (),
    "intake.watchers": (),
    "intake.room": ("intake.errors", "intake.settings", "intake.store"),
    "intake.hardening": (),
    "intake.clock": ("intake.errors", "intake.store", "retention.clock"),
    "intake.operator_log": ("crypto.errors", "retention.errors", "intake.store.errors"),
    "intake.fair_queue": (),
    "intake.stretching": ("intake.errors", "intake.fair_queue"),
    "intake.opening": ("crypto", "retention", "intake.store", "intake.settings"),
    "intake.known": ("crypto", "intake.store", "intake.errors", "intake.operator_log"),
    "intake.writer": ("retention.errors", "intake.store"),
    "intake.age_keys": ("crypto", *FILES),
    "intake.backup": ("crypto", "intake.store", "retention.ports", *FILES),
    "intake.notices": ("intake.notices",),
    "intake.origin": (),
    "intake.toml_file": FILES,
    "intake.settings": ("intake.errors", "intake.notices.kinds", "intake.origin", *TOML, "retention.policy"),
    "intake.store": ("crypto", "retention", "intake.store"),
    "intake.site": ("crypto.encoding", "intake.site", "intake.errors", *TOML, "intake.settings", "retention.policy"),
    "intake.form": (*FRONT, "intake.form", "intake.stretching"),
    "intake.desk": (*FRONT, "intake.desk", "intake.notices", "intake.stretching", "intake.watchers"),
    "intake.service": ("crypto", "retention", *(f"intake.{n}" for n in BELOW_SERVICE)),
    "intake.server.web": ("crypto", "intake.errors", "intake.settings", "intake.store.errors"),
    "intake.server": ("crypto", "retention", "intake"),
    "intake.cli": ("crypto", "retention", "intake"),
}  # fmt: skip
# Modules that are the one place for a third-party thing.
PLACES = {
    "cryptography.hazmat.primitives.hpke": {"crypto.age"},
    "argon2.low_level": {"crypto.argon2id"},
    "itsdangerous": {"intake.server.web.tokens"},
    "sqlalchemy": {"intake.store"},
    "pkcs11": {"retention.pkcs11_keeper"},
    "http.client.HTTPConnection": {"intake.notices.connection"},
    "smtplib.SMTP": {"intake.notices.connection"},
    "socket": {"intake.notices.connection", "intake.server.stopping"},
    "ssl": {"intake.notices.connection"},
    "starlette": {"intake.server", "intake.form", "intake.desk"},
}
OPENERS = {
    "recovery.open_share",
    "recovery.combine",
    "protocol.open_case",
    "protocol.open_own",
    "entry.open_",
    "grant.open_",
    "receipt.open_grant",
    "keyring.open_",
    "names.open_",
    "age.decrypt",
    "age.decrypt_parts",
}
MAY_OPEN = ("crypto.", "intake.cli.", "intake.form.plain", "intake.backup")


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def under(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_go_one_way(path: Path) -> None:
    module = dotted(path)
    rule = max((prefix for prefix in ALLOWED if under(module, prefix)), key=len, default=None)
    if rule is None:
        assert module in ("intake", "intake.client"), f"{module}: say in ALLOWED what it may import"
        return
    for name in imports(path):
        if name.split(".")[0] in OURS:
            assert any(under(name, allowed) for allowed in ALLOWED[rule]), f"{module} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_third_party_primitives_are_touched_in_one_place(path: Path) -> None:
    for name in imports(path):
        for package, places in PLACES.items():
            if under(name, package):
                assert any(under(dotted(path), place) for place in places), f"{dotted(path)} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_only_the_client_and_the_plain_path_open_what_is_sealed(path: Path) -> None:
    module = dotted(path) + "."
    if module.startswith(MAY_OPEN):
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert f"{node.value.id}.{node.attr}" not in OPENERS, f"{module} opens what is sealed"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_module_is_at_most_300_lines_and_says_what_it_is(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 300
    if path.name != "__init__.py" or text:
        assert ast.get_docstring(ast.parse(text)), "a module opens by saying what it does"
