# ruff: noqa: E501 -- what the page computes
"""axe-core, run in a page that allows scripts (`bypass_csp`), finds no violation of WCAG 2.2 A and AA or of its own advice."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "intake" / "client" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block", "target-size"]  # rules that depend on scheme and width


def check(page: Page, label: str, rules: list[str] | None = None, *, contrast: bool = True) -> None:
    """Check that axe finds nothing, by all rules or by those named. `contrast=False` leaves out the slowest rule."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    page.evaluate("scrollTo(0, 0)")  # an element below the fixed bar is covered, not too small
    enabled = {"target-size": {"enabled": True}, "color-contrast": {"enabled": contrast}}
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    asked = {"runOnly": only, "resultTypes": ["violations"], "rules": enabled if not rules else {}}
    violations: list[dict[str, Any]] = page.evaluate("(asked) => axe.run(asked).then((all) => all.violations)", asked)
    failures = [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]
    assert not failures, "\n".join([label, *failures])


# The shown elements with their colours and letters. The results of the rules about colours depend on these alone.
LOOK = """() => {
    const shown = [...document.body.querySelectorAll('*')].filter((element) => element.checkVisibility({ visibilityProperty: true }));
    const colours = shown.map((element) => {
        const { color, backgroundColor, backgroundImage, opacity, fontSize, fontWeight, textDecorationLine } = getComputedStyle(element);
        return [color, backgroundColor, backgroundImage, opacity, fontSize, fontWeight, textDecorationLine];
    });
    return { shown: JSON.stringify(shown.map((element) => element.outerHTML.length)), colours: JSON.stringify(colours) };
}"""


def everywhere(page: Page, page_name: str) -> None:
    """Check all rules in light mode on a small screen, and the rules about colours and sizes in dark mode on a wide one.

    If other elements are shown on the wide screen, all rules are checked there too. If a mode's colours depend on the
    width, the other two combinations are checked as well.
    """
    # In this order the browser lays the page out only twice more.
    small = as_seen(page, "light", 320)
    check(page, f"{page_name}, light, 320 px")
    if as_seen(page, "light", 1280)["colours"] != small["colours"]:
        check(page, f"{page_name}, light, 1280 px", COLOURS)
    wide = as_seen(page, "dark", 1280)
    check(page, f"{page_name}, dark, 1280 px", COLOURS if wide["shown"] == small["shown"] else None)
    if as_seen(page, "dark", 320)["colours"] != wide["colours"]:
        check(page, f"{page_name}, dark, 320 px", COLOURS)


def once(page: Page, where: str) -> None:
    """Check what can depend on a language, in light mode on a small screen, where the least fits.

    No style for a language changes a colour (tests/site/test_theme.py), so contrasts are left to `everywhere`.
    """
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size({"width": 320, "height": 900})
    check(page, f"{where}, light, 320 px", contrast=False)


def as_seen(page: Page, scheme: str, width: int) -> dict[str, str]:
    """Set the mode and width, and return the shown elements and their colours."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    if page.viewport_size != (size := {"width": width, "height": 900}):
        page.set_viewport_size(size)  # type: ignore[arg-type]
    colours: dict[str, str] = page.evaluate(LOOK)
    return colours
