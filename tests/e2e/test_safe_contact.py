"""A person types how to contact them safely. The check page, the return page, the desk and the terminal say the same."""

from playwright.sync_api import Browser, expect

from tests.support.browser import Site, begin, come_back, only, reach, sign_in, to_check, visit


def test_safe_contact_answers_reach_the_coordinator_and_a_missing_one_means_no(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        page.goto(f"{site.address}/en/#{site.fingerprint}")
        begin(page)
        reach(page, "words").fill("milk")
        reach(page, "contact")
        page.locator("#need-contact-how").fill("012")
        page.locator("#need-contact-text_message-yes").check()
        page.locator("#need-contact-who_else").fill("my mother")
        page.locator("#need-contact-call_language").fill("Dari")
        to_check(page)
        answers = page.locator("#answers")
        for words in ("Is a text message safe?", "my mother", "Dari", "Not answered, which means no"):
            expect(answers).to_contain_text(words)
        page.get_by_role("button", name="Lock and send").click()
        page.get_by_role("button", name="I have written it down").wait_for()
        code = page.locator("#code").inner_text()
        page.get_by_role("button", name="I have written it down").click()
        come_back(page, site, code)
        for words in ("my mother", "Dari", "Not answered, which means no"):
            expect(page.locator("#case")).to_contain_text(words)
    assert only(site)["contact"] == {
        "how": "012", "voicemail": "", "say_who": "", "safe_time": "", "return_only": False,
        "text_message": "yes", "who_else": "my mother", "call_language": "Dari",
    }  # fmt: skip
    with visit(browser) as page:
        sign_in(page, site)
        page.get_by_role("listitem").get_by_text("milk").click()
        desk = page.locator("#desk")
        for words in ("Who else might answer?", "my mother", "Dari", "Not answered, which means no"):
            expect(desk).to_contain_text(words)
