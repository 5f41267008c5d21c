"""axe-core in a page that allows scripts (`bypass_csp`): no violation of WCAG 2.2 A and AA, nor of its own advice."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "intake" / "client" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block", "target-size"]  # rules that depend on scheme and width


def check(page: Page, label: str, rules: list[str] | None = None) -> None:
    """Check that axe finds nothing: by all rules, or by those named."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    page.evaluate("scrollTo(0, 0)")  # what the fixed bar covers is not too small, only covered
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    asked = {"runOnly": only, "resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}} if not rules else {}}
    violations: list[dict[str, Any]] = page.evaluate("(asked) => axe.run(asked).then((all) => all.violations)", asked)
    failures = [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]
    assert not failures, "\n".join([label, *failures])
