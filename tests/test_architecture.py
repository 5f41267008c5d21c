"""Imports go one way (docs/explanation/architecture.md, Layers); modules are short; third-party primitives have one place."""

import ast
from collections.abc import Container, Iterator
from pathlib import Path

import pytest

from intake.cli.commands import PLACES as COMMANDS

pytestmark = pytest.mark.uncounted

ROOT = Path(__file__).parents[1]
OURS = ("crypto", "retention", "intake", "sealed_intake")
MODULES = sorted(p for top in OURS for p in (ROOT / top).rglob("*.py") if "node_modules" not in p.parts)
TESTS = sorted(p for top in ("tests", "bench", "docs") for p in (ROOT / top).rglob("*.py"))

# From the bottom: crypto, retention, store, service, form and desk, server, cli.
# `errors`, `settings`, `web`, `notices` and `site` belong to no layer. `form` and `desk` never import each other.
BELOW_SERVICE = ("crypto", "retention", "intake.errors", "intake.settings", "intake.notices", "intake.store")
BELOW_FORM_AND_DESK = (*BELOW_SERVICE, "intake.service", "intake.site", "intake.web")
FILES = ("retention.files",)
TOML = ("intake.toml_file", *FILES)
# Which of our modules each may import. The longest matching prefix of the importer counts.
ALLOWED = {
    "crypto": ("crypto",),
    "retention.policy": ("retention.errors",),
    "retention": ("crypto", "retention"),
    "intake.errors": (),
    "intake.phones": ("intake.errors",),
    "intake.toml_file": ("intake.errors", *FILES),
    "intake.notices": ("intake.notices",),
    "intake.settings": (
        "intake.errors",
        "intake.notices.kinds",
        "intake.phones",
        "intake.settings",
        "intake.web.origin",
        *TOML,
        "retention.errors",
        "retention.policy",
    ),
    "intake.web": ("crypto", "intake.errors", "intake.settings", "intake.store.errors", "intake.web"),
    "intake.web.origin": ("intake.errors",),
    "intake.store": ("crypto", "retention", "intake.store"),
    "intake.service": (*BELOW_SERVICE, "intake.service"),
    "intake.service.age_keys": ("crypto", "intake.errors", *FILES),
    "intake.service.argon2_pool": ("intake.errors", "intake.service.fair_queue"),
    "intake.service.case_events": (),
    "intake.service.fair_queue": (),
    "intake.service.operator_log": ("crypto.errors", "retention.errors", "intake.settings", "intake.store.errors"),
    "intake.site": (
        "crypto.encoding",
        "intake.site",
        "intake.errors",
        "intake.phones",
        *TOML,
        "intake.settings",
        "retention.errors",
        "retention.policy",
    ),
    "intake.form": (*BELOW_FORM_AND_DESK, "intake.form"),
    "intake.desk": (*BELOW_FORM_AND_DESK, "intake.desk"),
    "intake.server": (*BELOW_FORM_AND_DESK, "intake.form", "intake.desk", "intake.server"),
    "intake.server.hardening": (),
    "intake.cli": ("crypto", "retention", "intake"),
    "sealed_intake": ("intake.cli.start",),
}
# The only modules that may import each third-party package.
PLACES = {
    "cryptography.hazmat.primitives.hpke": {"crypto.age"},
    "argon2.low_level": {"crypto.argon2id"},
    "itsdangerous": {"intake.web.tokens"},
    "sqlalchemy": {"intake.store"},
    "pkcs11": {"retention.key_stores.pkcs11"},
    "http.client.HTTPConnection": {"intake.notices.connection"},
    "smtplib.SMTP": {"intake.notices.connection"},
    "socket": {"intake.notices.connection", "intake.server.metrics_server", "intake.server.stopping"},
    "prometheus_client": {"intake.server.metrics"},
    "pydantic": {"intake.settings"},
    "ssl": {"intake.notices.connection"},
    "starlette": {"intake.server", "intake.web", "intake.form", "intake.desk"},
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
MAY_OPEN = ("crypto.", "intake.cli.", "intake.form.nojs.", "intake.service.backup")


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


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports under TYPE_CHECKING count too."""
    names = {dotted(path): path for path in MODULES}
    graph = {module: {_module_of(name, names) for name in imports(path)} - {None, module} for module, path in names.items()}
    graph["intake.cli.commands"] |= {f"intake.cli.{place.module}" for place in COMMANDS.values()}
    done: set[str] = set()
    while ready := [module for module, needs in graph.items() if module not in done and needs <= done]:
        done.update(ready)
    assert not set(graph) - done, "these modules are in an import circle, or import one that is"


def _module_of(name: str, names: Container[str]) -> str | None:
    """Return the module of ours that an imported name is or belongs to."""
    return next((module for module in (name, name.rpartition(".")[0]) if module in names), None)


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_third_party_primitives_are_touched_in_one_place(path: Path) -> None:
    for name in imports(path):
        for package, places in PLACES.items():
            if under(name, package):
                assert any(under(dotted(path), module) for module in places), f"{dotted(path)} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_only_the_client_and_the_path_without_javascript_decrypt_cases(path: Path) -> None:
    module = dotted(path) + "."
    if module.startswith(MAY_OPEN):
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert f"{node.value.id}.{node.attr}" not in OPENERS, f"{module} opens what is sealed"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_module_is_at_most_300_lines_and_has_a_docstring(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 300
    if path.name != "__init__.py" or text:
        assert ast.get_docstring(ast.parse(text)), "a module's docstring says what it does"


@pytest.mark.parametrize("path", [path for path in TESTS if path.name != "make_store.py"], ids=dotted)
def test_no_module_imports_from_a_test_module_or_a_conftest(path: Path) -> None:
    """What tests share lives in tests/support. `make_store.py` runs on an earlier commit and imports that commit's modules."""
    for name in imports(path):
        module = name.rpartition(".")[0]
        assert not any(part.startswith("test_") or part == "conftest" for part in module.split(".")), f"{path.name}: {name}"


@pytest.mark.parametrize("path", [path for path in TESTS if under(dotted(path), "tests")], ids=dotted)
def test_a_module_of_the_tests_is_at_most_400_lines(path: Path) -> None:
    length = len(path.read_text("utf-8").splitlines())
    assert length <= 400
