"""The group page shows newcomers' digits, used invitations, and decisions that need a signature."""

from playwright.sync_api import Browser, expect

from tests.support.browser import PASSPHRASE, Site, groups_of, make_keys, operate, sign_in, to_group, visit


def test_a_newcomer_who_left_the_page_sees_their_digits_again_until_they_are_approved(browser: Browser, of_three: Site) -> None:
    with visit(browser) as page:
        digits, _ = make_keys(page, operate(of_three, "group", "invite").strip(), "noor")
    with visit(browser) as page:  # this is a new window without the first one's data
        page.goto(f"{of_three.address}/en/desk/")
        page.get_by_label("Handle").fill("noor")
        page.get_by_label("Passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Waiting for approval").wait_for()
        assert groups_of(page.locator("#digits")) == digits
        expect(page.locator("svg.qr")).to_be_visible()
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0
        for handle in ("Sam", "kim"):
            operate(of_three, "group", "approve", digits, handle=handle)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Your cases").wait_for()


def test_a_used_invitation_leaves_the_screen_and_names_who_used_it(browser: Browser, of_three: Site) -> None:
    with visit(browser) as sam, visit(browser) as noor:
        sign_in(sam, of_three)
        to_group(sam)
        sam.get_by_role("button", name="Make a link").click()
        link = sam.locator("#invite").inner_text()
        digits, _ = make_keys(noor, link, "noor")
        expect(sam.locator("#invite")).to_have_count(0, timeout=10_000)
        expect(sam.get_by_text("noor used your link and is waiting for approval.")).to_be_visible()
        for handle in ("Sam", "kim"):
            operate(of_three, "group", "approve", digits, handle=handle)
        expect(sam.get_by_text("noor used your link and is a coordinator now.")).to_be_visible(timeout=10_000)


def test_a_link_that_a_newer_one_replaced_elsewhere_leaves_the_screen(browser: Browser, of_three: Site) -> None:
    with visit(browser) as sam:
        sign_in(sam, of_three)
        to_group(sam)
        sam.get_by_role("button", name="Make a link").click()
        sam.locator("#invite").wait_for()
        operate(of_three, "group", "invite")
        to_group(sam)
        expect(sam.locator("#invite")).to_have_count(0)
        expect(sam.get_by_text("This link does not work any more.")).to_be_visible()


def test_a_decision_that_waits_for_ones_own_signature_is_marked_until_it_is_signed(browser: Browser, of_three: Site) -> None:
    with visit(browser) as sam, visit(browser) as kim:
        sign_in(sam, of_three)
        expect(sam).to_have_title("Desk · Mutual aid group")
        sign_in(kim, of_three, "kim")
        to_group(kim)
        kim.locator("ul.people li").filter(has_text="lee").get_by_role("button", name="Remove").click()
        kim.get_by_role("button", name="Yes, sign to remove them").click()
        expect(kim.get_by_text("It is signed.")).to_be_visible()
        expect(sam).to_have_title("(1) Desk · Mutual aid group", timeout=10_000)
        expect(sam.get_by_role("button", name="Group 1")).to_be_visible()
        expect(kim).to_have_title("Desk · Mutual aid group")
        expect(kim.get_by_role("button", name="Group", exact=True)).to_be_visible()
        to_group(sam)
        top = sam.locator("h1 ~ *").first
        expect(top).to_contain_text("Decisions that wait for your signature: 1")
        entry = sam.locator("section.entry").filter(has_text="Remove lee")
        expect(entry.get_by_text("Waits for you")).to_be_visible()
        expect(kim.locator("section.entry").filter(has_text="Remove lee").get_by_text("Waits for you")).to_have_count(0)
        entry.get_by_role("button", name="I agree: sign").click()
        expect(sam.get_by_role("button", name="Group", exact=True)).to_be_visible()
        expect(sam).to_have_title("Desk · Mutual aid group")
        expect(sam.get_by_text("Decisions that wait for your signature")).to_have_count(0)
