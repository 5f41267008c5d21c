"""A coordinator adds a tag to several cases at once. A colleague sees it on each, and one undo takes it off."""

from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import Site, listed, sign_in, to_list, visit
from tests.support.group_words import write_words
from tests.support.submitted import submit_request

TAG = "third floor"


def test_a_tag_on_selected_cases_is_on_each_of_them_and_a_colleague_sees_it_until_one_undo(
    browser: Browser, of_three: Site
) -> None:
    with visit(browser) as page, visit(browser) as colleague:
        sign_in(page, of_three)
        write_words(page, tag=TAG)
        both = send_to_both(of_three)
        to_list(page)
        tagged = tagged_rows(page)
        page.get_by_role("button", name="Select cases").click()
        for words in both:
            page.locator("#cases li", has_text=words).get_by_role("checkbox").check()
        page.clock.install()
        bar = page.get_by_role("group", name="selected")
        bar.get_by_role("button", name="Tags").click()
        bar.get_by_role("button", name=TAG).click()
        expect(page.get_by_text(f"Tag {TAG} · Done for 2 cases.")).to_be_visible()
        expect(page.get_by_text("2 cases selected")).to_be_visible()
        expect(tagged).to_have_count(2)
        for words in both:
            expect(tagged.filter(has_text=words)).to_have_count(1)
        sign_in(colleague, of_three, "kim")
        expect(tagged_rows(colleague)).to_have_count(2)

        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text("Undo · Done for 2 cases.")).to_be_visible()
        expect(tagged).to_have_count(0)
        expect(tagged_rows(colleague)).to_have_count(0)


def send_to_both(site: Site) -> list[str]:
    """Send requests, each of which two of three members hold. Return the words of two that Sam and kim hold."""
    for number in range(1, 20):
        submit_request(site, f"milk for {number}")
        if number >= 4:
            both = sorted(set(listed(site, "Sam")) & set(listed(site, "kim")))
            if len(both) >= 2:
                return both[:2]
    raise AssertionError("Sam and kim share no two cases")


def tagged_rows(page: Page) -> Locator:
    return page.locator("#cases li", has=page.locator(".tag.own.red", has_text=TAG))
