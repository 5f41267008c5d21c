"""Build the documentation as a site in var/docs/site: `make docs`.

The generator takes one folder of pages. This script collects it in var/docs/pages: the files of docs/, the documents at the top
of the repository (as project/), and the other files that pages link to (as files/). It points links between them at the copies.
A broken link, a broken anchor or a page that loads something from another host fails the build.
"""

import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
STAGED = ROOT / "var" / "docs"
SITE = STAGED / "site"
PROJECT = ("README.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md", "RELEASING.md", "CODE_OF_CONDUCT.md")
MERMAID = ROOT / "intake" / "client" / "node_modules" / "@mermaid-js" / "tiny" / "dist" / "mermaid.tiny.js"
LINK = re.compile(r"(\]\()([^)\s#:]+)((?:#[^)\s]*)?\))")
FENCED = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)
LOADED = re.compile(r"<(?:script|img|iframe|source|link)\b[^>]*\b(?:src|href)=\"?(?:https?:)?//[^>]*>")


def site_path(path: str) -> str:
    """Return where the site has a file of the repository."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return f"project/{path}" if path in PROJECT else f"files/{path}"


class Links:
    """Rewrites the links of one page, and remembers the files that they lead to."""

    def __init__(self, page: str) -> None:
        self._folder, self._site_folder = posixpath.dirname(page), posixpath.dirname(site_path(page))
        self.files: set[str] = set()

    def rewrite(self, text: str) -> str:
        """Return the page with links that work in the site; code blocks stay as they are."""
        return "".join(part if index % 2 else LINK.sub(self._rewritten, part) for index, part in enumerate(FENCED.split(text)))

    def _rewritten(self, link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(self._folder, link[2]))
        if (ROOT / path).is_dir():
            path = f"{path}/README.md"
        self.files.add(path)
        return f"{link[1]}{posixpath.relpath(site_path(path), self._site_folder or '.')}{link[3]}"


def stage() -> list[str]:
    """Collect the pages and the files that they link to; return the pages' paths in the site."""
    shutil.rmtree(STAGED, ignore_errors=True)
    files = [path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*") if path.is_file()]
    paths = sorted([*files, *(name for name in PROJECT if (ROOT / name).exists())])
    pages: list[str] = []
    linked: set[str] = set()
    missing: list[str] = []
    for path in paths:
        copy = STAGED / "pages" / site_path(path)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.endswith(".md"):
            links = Links(path)
            copy.write_text(links.rewrite((ROOT / path).read_text("utf-8")), "utf-8")
            linked |= links.files
            missing += [f"{path} links to {target}" for target in sorted(links.files) if not (ROOT / target).is_file()]
            pages.append(site_path(path))
        elif path not in ("docs/site.toml", "docs/build_site.py"):
            shutil.copy(ROOT / path, copy)
    if missing:
        sys.exit("These files do not exist:\n  " + "\n  ".join(missing))
    for path in linked - set(paths):
        copy = STAGED / "pages" / site_path(path)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, copy)
    (STAGED / "pages" / "assets").mkdir()
    shutil.copy(MERMAID, STAGED / "pages" / "assets" / "mermaid.js")
    return pages


def configure(pages: Iterable[str]) -> None:
    """Write the generator's settings, each `folder/*` of the navigation replaced by the folder's pages."""
    text = (ROOT / "docs" / "site.toml").read_text("utf-8")
    named = set(re.findall(r'"([^"]+\.md)"', text))
    missing = sorted(named - set(pages))
    if missing:
        sys.exit(f"docs/site.toml names pages that do not exist: {', '.join(missing)}")

    def expanded(entry: re.Match[str]) -> str:
        return "".join(f'"{page}", ' for page in sorted(pages) if page.startswith(entry[1]) and page not in named)

    (STAGED / "zensical.toml").write_text(re.sub(r'"([\w/-]*)\*",?', expanded, text), "utf-8")
    text = (STAGED / "zensical.toml").read_text("utf-8")
    unlisted = sorted(page for page in pages if f'"{page}"' not in text)
    if unlisted:
        sys.exit(f"the navigation in docs/site.toml has no place for {', '.join(unlisted)}")


def check_hosts() -> None:
    """Fail if a page makes the reader's browser ask another host."""
    for page in SITE.rglob("*.html"):
        if match := LOADED.search(page.read_text("utf-8")):
            sys.exit(f"{page.relative_to(ROOT)} loads something from another host: {match[0]}")


def main() -> None:
    """Collect, build, check."""
    configure(stage())
    zensical = Path(sys.executable).with_name("zensical")
    command: list[str | Path] = [zensical, "build", "--strict", "--clean", "--config-file", STAGED / "zensical.toml"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)  # noqa: S603
    if done.returncode:
        # After warnings the generator ends with a traceback of its own, which says nothing more.
        warnings = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout.partition("Traceback")[0] or done.stdout)
        sys.exit(warnings + "The site was not built: correct what is listed above, in docs/.")
    check_hosts()
    sys.stdout.write(f"  {SITE.relative_to(ROOT)}/index.html\n")


if __name__ == "__main__":
    main()
