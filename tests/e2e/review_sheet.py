"""`make review-sheet LANG=ar`: each string of a language beside its English, with a picture of where it appears.

A reviewer needs no other tool than a browser. Strings that appear on no visited page (refusals, rare states) are listed at the
end
without a picture.
"""

import base64
import html
import json
import os
import re
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.progress import track

from intake.site import form_file
from intake.site.languages import Language, languages, read_catalogue
from intake.site.render import CLIENT, HERE
from tests.support.browser import ARGS, CHROMIUM, HANDLE, PASSPHRASE, Site, begin, installation, to_check, visit
from tests.support.processes import free_port

OUT = Path(__file__).parents[2] / "var" / "review"
PHONE = {"width": 360, "height": 760}
_HEAD = """<!doctype html><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem }}
article {{ display: grid; grid-template-columns: 1fr 1fr 22rem; gap: 1.5rem; border-top: 1px solid #999; padding: .8rem 0 }}
img {{ max-width: 100%; border: 1px solid #999 }} small {{ color: #555 }} p {{ margin: 0; white-space: pre-wrap }}
</style><h1>{title}</h1><p>{summary}</p>"""


@dataclass
class Sheet:
    """The strings of one language and the pictures found so far."""

    language: Language
    messages: dict[str, list[str]]
    seen: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def look(self, page: Page, page_name: str) -> None:
        """Take a picture of each string on this page that no earlier page showed."""
        for message, said in self.messages.items():
            if message not in self.seen and (picture := self._picture(page, said)):
                self.seen[message] = (page_name, picture)

    def _picture(self, page: Page, said: list[str]) -> bytes | None:
        for text in said:
            words = re.compile(re.sub(r"%\\\(\w+\\\)[sd]", ".{0,40}", re.escape(text)))
            element = page.get_by_text(words).locator("visible=true").first
            if not element.count():
                continue
            box = element.bounding_box()
            if box is None:
                continue
            around = {"x": 0, "y": max(0, box["y"] - 60), "width": PHONE["width"], "height": min(box["height"], 400) + 120}
            element.evaluate("element => element.style.outline = '3px solid #d97706'")
            taken = page.screenshot(full_page=True, clip=around)  # type: ignore[arg-type]
            element.evaluate("element => element.style.outline = ''")
            return taken
        return None

    def write(self) -> Path:
        """Write the sheet as one file."""
        summary = (
            f"{len(self.seen)} of {len(self.messages)} strings with their picture. The frame in the picture is the string."
        )
        said_by = sources()
        parts = [_HEAD.format(title=f"{self.language.name}: strings to read over", summary=summary)]
        for message in sorted(self.messages, key=lambda text: (self.seen.get(text, ("~", b""))[0], text)):
            elsewhere = f"said by {said_by.get(message, 'a form')}; on no page looked at"
            source, picture = self.seen.get(message, (elsewhere, b""))
            image = f'<img alt="" src="data:image/png;base64,{base64.b64encode(picture).decode()}">' if picture else ""
            said = "\n".join(self.messages[message])
            parts.append(
                f"<article><p>{html.escape(message)}<br><small>{source}</small></p>"
                f'<p lang="{self.language.code}" dir="{self.language.direction}">{html.escape(said)}</p>'
                f"<p>{image}</p></article>"
            )
        OUT.mkdir(parents=True, exist_ok=True)
        path = OUT / f"{self.language.code}.html"
        path.write_text("".join(parts), "utf-8")
        return path


def sources() -> dict[str, str]:
    """Return the source of each string: a page's template, or a script."""
    source_of: dict[str, str] = {}
    for path in sorted((HERE / "templates").rglob("*.html")):
        text = path.read_text("utf-8")
        source_of |= dict.fromkeys(re.findall(r"(?:_|ngettext)\(\"([^\"]+)\"", text), f"the page {path.stem}")
    for path in sorted(CLIENT.glob("*.words.json")):
        source_of |= {said: f"the script {path.name.partition('.')[0]}" for said in json.loads(path.read_text("utf-8"))}
    return source_of


def main() -> int:
    """Visit the pages and write the sheet."""
    code, out = (sys.argv[1:] or [""])[0], Console()
    if code not in languages() or code == "en":
        out.print(f"Which language? make review-sheet LANG=ar. There are: {', '.join(languages())}")
        return 2
    messages = {}
    for message in read_catalogue(code):
        if message.id:
            source = message.id if isinstance(message.id, str) else message.id[-1]
            messages[source] = [message.string] if isinstance(message.string, str) else list(message.string or [])
    sheet = Sheet(languages()[code], messages)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        values = {"INTAKE_DATA": f"{folder}/var", "INTAKE_KEY_STORE": f"{folder}/key-store", "INTAKE_PORT": str(free_port())}
        with installation({**os.environ, **values}, folder) as site:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
            with visit(browser, viewport=PHONE) as page:
                for visit_pages in track(
                    (static, the_form, the_return, the_desk), description=f"{sheet.language.name}: taking pictures"
                ):
                    visit_pages(sheet, page, site)
            with visit(browser, viewport=PHONE, java_script_enabled=False) as page:
                nojs(sheet, page, site)
            browser.close()
    out.print(f"{len(sheet.seen)} of {len(messages)} strings with a picture: {sheet.write()}", soft_wrap=True)
    return 0


def static(sheet: Sheet, page: Page, site: Site) -> None:
    for address in ("about/", "deletions/", "poster/", "desk/", "desk/enrol/", "return/", "nothing/"):
        page.goto(f"{site.address}/{sheet.language.code}/{address}")
        page.wait_for_load_state("networkidle")
        sheet.look(page, address.strip("/"))


_receipt: list[str] = []


def the_form(sheet: Sheet, page: Page, site: Site) -> None:
    for name in ("offer", "need"):
        form = form_file.read(form_file.FORMS / f"{name}.toml")
        page.goto("about:blank")
        page.goto(f"{site.address}/{sheet.language.code}/")
        page.locator("html.ready").wait_for()
        sheet.look(page, "the first page")
        begin(page, form_file.say(form.title, sheet.language))
        page.locator(f"#{name}-kinds-groceries").check()
        while not page.locator("#check").is_visible():
            sheet.look(page, f"the form, {name}")
            if (words := page.locator(f"#{name}-words")).is_visible():
                words.fill("…")
            page.locator(".form-actions:visible button").first.click()
        to_check(page)
        sheet.look(page, "the check page")
    page.locator("#send button").first.click()
    page.locator("#leave button").wait_for()
    _receipt.append(page.locator("#code").inner_text())
    sheet.look(page, "the receipt")
    page.locator("#leave button").click()
    sheet.look(page, "the end")


def the_return(sheet: Sheet, page: Page, site: Site) -> None:
    page.goto(f"{site.address}/{sheet.language.code}/return/")
    page.locator("#open-actions button").wait_for()
    page.locator("#code").fill("1234")
    page.locator("#open-actions button").click()
    sheet.look(page, "use my receipt")
    page.locator("#code").fill(_receipt[-1])
    page.locator("#open-actions button").click()
    page.locator("#text").wait_for()
    sheet.look(page, "an opened request")


def the_desk(sheet: Sheet, page: Page, site: Site) -> None:
    page.goto(f"{site.address}/{sheet.language.code}/desk/")
    page.locator("#handle").fill(HANDLE)
    page.locator("#secret").fill(PASSPHRASE)
    sheet.look(page, "signing in")
    page.locator("#desk form button").first.click()
    page.locator("li button").first.wait_for()
    unfold(page)
    sheet.look(page, "the desk's list")
    page.locator("li button").first.click()
    page.locator("#reply").wait_for()
    unfold(page)
    sheet.look(page, "a case")
    for number, page_name in ((1, "the group"), (2, "one's own keys")):
        page.locator("#desk .menu button").nth(number).click()
        page.wait_for_timeout(500)
        unfold(page)
        sheet.look(page, page_name)


def nojs(sheet: Sheet, page: Page, site: Site) -> None:
    code = sheet.language.code
    page.goto(f"{site.address}/{code}/")
    sheet.look(page, "without JavaScript")
    page.goto(f"{site.address}/nojs/{code}/")
    sheet.look(page, "the page without JavaScript")
    page.locator("main form button").last.click()
    page.locator("main form button").first.click()
    sheet.look(page, "the form without JavaScript")
    page.goto(f"{site.address}/nojs/{code}/return/")
    sheet.look(page, "the receipt page without JavaScript")


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(element => element.open = true)")


if __name__ == "__main__":
    sys.exit(main())
