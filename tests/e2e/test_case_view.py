"""A case at the desk: what can be pressed in it, how numbers are ordered, and what is printed."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from crypto.content import Contact
from tests.support.browser import Site, come_back, sign_in, visit
from tests.support.reading_order import ARABIC, IS_FROM_THE_LEFT, NUMBER
from tests.support.submitted import submit_request

PHONE = {"width": 360, "height": 760}


def contact(how: str, *, text_message: str = "", return_only: bool = False) -> Contact:
    return Contact(how, voicemail="", say_who="", safe_time="", return_only=return_only, text_message=text_message)


def open_case(page: Page, words: str) -> None:
    page.locator("ul.cases li", has_text=words).click()
    page.locator(".case").wait_for()


def links(page: Page) -> list[str]:
    """The addresses of all links in the case."""
    return [link.get_attribute("href") or "" for link in page.locator(".case a").all()]


def test_numbers_and_mail_addresses_can_be_pressed_and_a_text_message_only_where_it_is_safe(
    browser: Browser, site: Site
) -> None:
    submit_request(
        site, "milk, or call 0170 7654321", contact=contact("+49 (0)170 1234567, sam@mail.example", text_message="yes")
    )
    submit_request(site, "bread", contact=contact("٠١٧٠ ١٢٣٤٥٦٧", text_message="no"))
    with visit(browser) as page:
        sign_in(page, site)
        open_case(page, "milk")
        assert links(page) == ["tel:01707654321", "tel:+491701234567", "sms:+491701234567", "mailto:sam@mail.example"]
        page.get_by_label("A new note").fill("their sister: 0171 1112223")
        page.get_by_role("button", name="Keep the note").click()
        expect(page.locator(".entry a")).to_have_attribute("href", "tel:01711112223")
        page.go_back()
        open_case(page, "bread")
        assert links(page) == ["tel:01701234567"]


def test_nothing_can_be_pressed_where_the_requester_wants_no_contact(browser: Browser, site: Site) -> None:
    submit_request(
        site, "milk 0170 7654321", contact=contact("0170 1234567, sam@mail.example", text_message="yes", return_only=True)
    )
    with visit(browser) as page:
        sign_in(page, site)
        open_case(page, "milk")
        expect(page.locator(".case bdi", has_text="0170 1234567")).to_be_visible()
        assert links(page) == []


def test_a_web_address_of_a_requester_is_copied_and_never_opened(browser: Browser, site: Site) -> None:
    submit_request(site, "look at https://tracker.example/?case=1", contact=contact("012"))
    with visit(browser) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        sign_in(page, site)
        open_case(page, "look at")
        page.get_by_text("https://tracker.example/?case=1", exact=True).last.click()
        page.locator(".case").get_by_role("button", name="Copy").click()
        expect(page.get_by_text("Copied. Other apps on this device may read it.")).to_be_visible()
        assert links(page) == []
        assert len(page.context.pages) == 1
        assert not [url for url in asked if "tracker" in url]


def test_a_number_among_arabic_words_keeps_its_order_on_the_desk_and_on_both_return_pages(browser: Browser, site: Site) -> None:
    code = submit_request(site, ARABIC, contact=contact(ARABIC))
    with visit(browser) as page:
        sign_in(page, site)
        page.locator("ul.cases li").click()
        page.locator(".case").wait_for()
        page.locator(".languages summary").click()
        page.locator(".languages [lang=ar]").click()
        page.locator("html[dir=rtl]").wait_for()
        page.locator("#note").fill(ARABIC)
        page.locator("#note").locator("xpath=../following-sibling::*[1]").get_by_role("button").click()
        expect(page.locator(".entry p", has_text=NUMBER)).to_be_visible()
        for selector in ("dd", ".entry"):
            assert page.evaluate(IS_FROM_THE_LEFT, [selector, NUMBER]), selector
        page.evaluate("""number => {
            const bare = document.createElement("p");
            bare.id = "bare";
            bare.dir = "rtl";
            bare.textContent = number;
            document.querySelector("main").append(bare);
        }""", ARABIC)  # fmt: skip
        assert page.evaluate(IS_FROM_THE_LEFT, ["#bare", NUMBER]) is False, "the control: a bare number is reversed"
    with visit(browser) as page:
        come_back(page, site, code)
        page.evaluate("document.documentElement.dir = 'rtl'")
        assert page.evaluate(IS_FROM_THE_LEFT, ["dd", NUMBER])
    with visit(browser, java_script_enabled=False) as page:
        page.goto(f"{site.address}/nojs/ar/return/")
        page.locator("#code").fill(code)
        page.locator("main form button").first.click()
        expect(page.locator("dd bdi", has_text=NUMBER).first).to_have_attribute("dir", "ltr")


@pytest.mark.parametrize("width", [360, 1280])
def test_a_latin_name_of_a_holder_begins_at_the_right_on_an_arabic_page(browser: Browser, site: Site, width: int) -> None:
    submit_request(site, "milk")
    with visit(browser, viewport={"width": width, "height": 800}) as page:
        sign_in(page, site)
        open_case(page, "milk")
        page.locator(".languages summary").click()
        page.locator(".languages [lang=ar]").click()
        page.locator("html[dir=rtl]").wait_for()
        name, line = page.locator("#holders bdi").bounding_box(), page.locator("#holders").bounding_box()
        assert name is not None
        assert line is not None
        assert abs(name["x"] + name["width"] - line["x"] - line["width"]) < 1


def test_a_clean_sheet_has_the_case_and_the_day_on_which_to_destroy_it_and_nothing_else(browser: Browser, site: Site) -> None:
    submit_request(site, "milk for two", name="Noor", contact=contact("0170 1234567, www.mail.example", text_message="yes"))
    with visit(browser, color_scheme="dark") as page:
        sign_in(page, site)
        open_case(page, "milk")
        page.get_by_label("A new note").fill("the back door")
        page.get_by_role("button", name="Keep the note").click()
        page.get_by_label("Reply").fill("tomorrow at six")
        page.get_by_role("button", name="Send the reply").click()
        expect(page.locator(".entry")).to_have_count(2)
        page.get_by_label("Reply").fill("not sent")
        day = re.search(r"deleted on (.*)", page.locator(".sheet .about").first.inner_text())
        assert day
        page.evaluate("window.print = () => { window.printed = true; }")
        page.get_by_role("button", name="Print a clean sheet").click()
        assert page.evaluate("window.printed")

        page.emulate_media(media="print", color_scheme="dark")
        lines = [line for line in page.locator("body").inner_text().splitlines() if line.strip()]
        today = re.search(r"Came on (.*)", "\n".join(lines))
        assert today
        assert lines == [
            "A request: Noor",
            f"Destroy this sheet by {day[1].strip()}. The request is deleted on that day.",
            "What should we know?",
            "milk for two",
            "How to reach them",
            "0170 1234567, www.mail.example",
            "May we leave a voicemail?",
            "Not answered, which means no",
            "Is a text message safe?",
            "Yes",
            "May we say who we are?",
            "Not answered, which means no",
            f"Came on {today[1]}",
            "Messages",
            f"sam · {today[1]}",
            "tomorrow at six",
            "Notes",
            f"sam · {today[1]}",
            "the back door",
        ]
        colours = page.evaluate("(({ backgroundColor, color }) => [backgroundColor, color])(getComputedStyle(document.body))")
        assert colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
        page.evaluate("addEventListener('beforeprint', () => { window.printedTitle = document.title; })")
        assert len(re.findall(rb"/Type /Page\b", page.pdf(format="A4"))) == 1
        assert page.evaluate("window.printedTitle") == "Mutual aid group"


def test_on_a_phone_the_search_has_a_visible_label_and_every_tag_of_a_row_is_whole(browser: Browser, site: Site) -> None:
    kinds = ("groceries", "interpreting", "reproductive", "eldercare", "utilities", "tech")
    submit_request(site, "milk for two people and a ride to the clinic on Thursday", kinds)
    with visit(browser, viewport=PHONE) as page:
        sign_in(page, site)
        row = page.locator("#cases li")
        row.wait_for()
        label = page.locator("label[for=search]").bounding_box()
        assert label is not None
        assert label["width"] > 20
        assert label["height"] > 10
        around = row.bounding_box()
        assert around is not None
        assert row.locator(".tag").count() >= len(kinds)
        for tag in row.locator(".tag").all():
            box = tag.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]
            assert box["y"] + box["height"] <= around["y"] + around["height"]
            assert tag.evaluate("tag => tag.scrollWidth <= tag.clientWidth + 1")
        lines = row.locator(".line").all()
        assert lines[-1].bounding_box()["y"] + 10 < around["y"] + around["height"]  # type: ignore[index]
        assert row.locator(".tags").evaluate("tags => tags.scrollHeight <= tags.clientHeight + 1")
