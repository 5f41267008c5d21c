"""The group's own words at the desk: reply templates, tags and names of statuses, for two people, one of them in Arabic."""

from playwright.sync_api import Browser, Page, expect

from tests.support.browser import PASSPHRASE, Site, listed, sign_in, status, to_group, to_list, visit
from tests.support.group_words import write_words
from tests.support.submitted import submit_request


def sign_in_in_arabic(page: Page, site: Site, handle: str) -> None:
    page.goto(f"{site.address}/ar/desk/")
    page.locator("#handle").fill(handle)
    page.locator("#secret").fill(PASSPHRASE)
    page.locator("#desk form button").first.click()


def test_two_people_share_templates_tags_and_names_of_statuses_that_no_request_carries_in_the_clear(
    browser: Browser, of_three: Site
) -> None:
    submit_request(of_three, "حليب", name="ليلى", language="ar")
    first, second = [handle for handle in ("Sam", "kim", "lee") if listed(of_three, handle)]
    with visit(browser) as writer, visit(browser) as reader:
        sent: list[str] = []
        for page in (writer, reader):
            page.on("request", lambda request: sent.append(request.post_data or ""))
        sign_in(writer, of_three, first)
        write_words(writer)
        sign_in_in_arabic(reader, of_three, second)
        reader.locator(".cases button").first.click()
        reader.locator("#reply").fill("أهلًا")
        reader.locator("#template + button").click()
        expect(reader.locator("#reply")).to_have_value("أهلًا\n\nمرحبًا ليلى، نأتي {اليوم}.")
        assert reader.evaluate("getSelection().toString()") == "{اليوم}"
        send = reader.locator(".field:has(#template) + .actions button").first
        send.click()
        expect(reader.get_by_role("alert")).to_contain_text("{اليوم}")
        expect(reader.locator(".entry.ours")).to_have_count(0)
        reader.keyboard.type("غدًا")  # the field is selected
        send.click()
        expect(reader.locator(".entry.ours")).to_contain_text("مرحبًا ليلى، نأتي غدًا.")
        reader.locator(".tagging input").check()
        expect(reader.locator(".tagging .result")).to_be_visible()
        status(reader, "Delivered").click()
        expect(status(reader, "Delivered")).to_be_checked()
        expect(reader.locator("#status .result")).to_be_visible()
        to_list(writer)
        row = writer.locator(".cases li")
        expect(row.locator(".tag.red")).to_have_text("third floor")
        expect(row.get_by_text("Delivered")).to_be_visible()
        writer.get_by_text("More filters").click()
        writer.get_by_label("Tag", exact=True).select_option(label="third floor")
        expect(row).to_have_count(1)
        to_group(writer)
        # The tags are still unfolded.
        writer.locator(".words li", has_text="third floor").get_by_role("button", name="Remove").click()
        expect(writer.get_by_text("Tags (0)")).to_be_visible()
        to_list(writer)
        expect(row.locator(".tag.removed")).to_have_text("Removed tag")
        assert not [text for text in sent if any(words in text for words in ("third floor", "Delivered", "We come", "نأتي"))]
