"""A group of several people in real browsers and terminals: adding members, leaving, recovery, simultaneous work."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.support.browser import (
    Site,
    add_member,
    begin_enrolment,
    listed,
    make_keys,
    operate,
    prove_paper_code,
    sign_in,
    to_group,
    visit,
)
from tests.support.submitted import submit_request


def waits_for_a_signature(page: Page, what: str) -> None:
    """Wait until the server stores this proposal, because the page may already show another one."""
    entry = page.locator("section.entry").filter(has_text=what)
    expect(entry).to_contain_text("Signatures still needed: 1.")


def test_a_second_newcomer_with_the_same_handle_causes_a_warning_and_has_other_digits(browser: Browser, of_three: Site) -> None:
    with visit(browser) as sam, visit(browser) as real, visit(browser) as false:
        sign_in(sam, of_three)
        links = []
        for handle in ("Sam", "kim"):  # each member has one link open
            links.append(operate(of_three, "group", "invite", handle=handle).strip())
        digits, _ = make_keys(real, links[0], "noor")
        code = real.locator("svg.qr").screenshot()
        others, _ = make_keys(false, links[1], "n.oor")
        with visit(browser) as same:  # the server refuses a second link with the same handle
            begin_enrolment(same, operate(of_three, "group", "invite", handle="lee").strip(), "noor")
            prove_paper_code(same)
            expect(same.get_by_text("This is taken.")).to_be_visible()
        other_code = false.locator("svg.qr").screenshot()
        assert digits != others
        to_group(sam)
        expect(sam.get_by_text("Someone else goes by this name, or nearly.")).to_have_count(2)
        section = sam.locator("section.entry").filter(has_text=digits)
        section.locator("summary").click()
        for picture, said in ((other_code, "These digits are different."), (code, "All 40 digits are the same.")):
            section.get_by_label("A picture of their code").set_input_files(
                {"name": "code.png", "mimeType": "image/png", "buffer": picture}
            )
            expect(section.get_by_text(said)).to_be_visible()
        arabic = digits.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
        section.get_by_label("Their digits").fill(arabic[:20])
        expect(section.get_by_text("The same so far.")).to_be_visible()
        section.get_by_label("Their digits").fill(arabic)
        expect(section.get_by_text("All 40 digits are the same.")).to_be_visible()
        section.get_by_label("Their digits").fill(others)
        expect(section.get_by_text("These digits are different.")).to_be_visible()
        section.get_by_role("button", name="The digits match").click()
        waits_for_a_signature(sam, "Add noor")
        refused = operate(of_three, "group", "show", handle="kim")
        assert "waits for approval" in refused
        operate(of_three, "group", "approve", arabic, handle="kim")
        to_group(sam)
        expect(sam.locator("ul.people li").get_by_text("noor", exact=True)).to_have_count(1)
        sign_in(real, of_three, "noor")


def test_a_removed_member_loses_access_at_once_and_their_cases_continue_under_new_keys(
    browser: Browser, of_three: Site
) -> None:
    words = [f"case number {n}" for n in range(6)]
    with visit(browser) as sam, visit(browser) as kim:
        for said in words:
            submit_request(of_three, said)
        before = {handle: set(listed(of_three, handle)) for handle in ("Sam", "kim", "lee")}
        assert sorted(said for lines in before.values() for said in lines) == sorted(words * 2)
        sign_in(kim, of_three, "kim")
        sign_in(sam, of_three)
        to_group(sam)
        sam.locator("ul.people li").filter(has_text="kim").get_by_role("button", name="Remove").click()
        sam.get_by_role("button", name="Yes, sign to remove them").click()
        waits_for_a_signature(sam, "Remove kim")
        assert set(listed(of_three, "kim")) == before["kim"]
        operate(of_three, "group", "remove", "kim", handle="lee")
        # The server answers an open session no longer.
        expect(kim.get_by_text("Your session has ended.")).to_be_visible()
        done = operate(of_three, "group", "show", handle="lee")
        assert re.search(r"cases of members who left: \d+ that a colleague can take over", done)
        shared = before["kim"] & before["Sam"]
        with visit(browser) as lee, visit(browser) as again:
            sign_in(lee, of_three, "lee")
            sign_in(again, of_three)
            until(lee, lambda answer: answer["departed"]["by_colleagues"] == 0)
        assert "cases of members who left" not in operate(of_three, "group", "show", handle="lee")
        held = [set(listed(of_three, handle)) for handle in ("Sam", "lee")]
        assert held[0] | held[1] == set(words)
        assert shared <= held[0]
        # Both remaining members hold each case, so no case depends on one person.
        assert before["kim"] <= held[0] & held[1]


def until(page: Page, condition: Callable[[dict[str, Any]], bool]) -> None:
    """Wait until the group's data fulfils a condition."""
    for _ in range(60):
        if condition(page.evaluate("async () => (await fetch('/api/desk/group')).json()")):
            return
        page.wait_for_timeout(500)
    raise AssertionError("the condition was not fulfilled in time")


def test_a_member_who_lost_everything_gets_their_cases_back_by_quorum(browser: Browser, of_three: Site) -> None:
    with visit(browser) as sam:
        sign_in(sam, of_three)
        to_group(sam)
        expect(sam.get_by_text("There is no recovery key")).to_be_visible()
        sam.get_by_role("button", name="Make a new recovery key").click()
        waits_for_a_signature(sam, "A new recovery key that 2 members open together")
        assert "a recovery key that 2 members open" in operate(of_three, "group", "show", handle="kim")
        operate(of_three, "group", "sign", "1", handle="kim")
        for said in ("milk", "a ride", "company"):
            submit_request(of_three, said)
        lost = set(listed(of_three, "kim"))
        assert len(lost) == 2
        # Kim has lost passphrase and paper code, and returns as a new member.
        operate(of_three, "group", "show", handle="lee")  # lee's client takes the share of the recovery key
        add_member(of_three, "kim-again", by=["Sam", "lee"])
        to_group(sam)
        sam.get_by_text("Someone lost their keys").click()
        sam.get_by_label("Whose cases").select_option(label="kim")
        sam.get_by_label("Who gets them").select_option(label="kim-again")
        recovery = sam.locator("details").filter(has_text="Someone lost their keys")
        recovery.get_by_role("button", name="Propose").click()
        waits_for_a_signature(sam, "Open the cases of kim with the recovery key and give them to kim-again")
        expect(sam.get_by_role("button", name="Open the cases of kim now")).to_have_count(0)
        shown = operate(of_three, "group", "show", handle="lee")
        number = next(line for line in shown.splitlines() if "give the cases of kim" in line).split(":")[0].split()[1]
        operate(of_three, "group", "sign", number, handle="lee")
        assert listed(of_three, "kim-again") == []
        to_group(sam)
        expect(sam.get_by_role("button", name="Open the cases of kim now")).to_have_count(0)  # the member who signed first
        with visit(browser) as again:
            sign_in(again, of_three, "kim-again")
            to_group(again)
            again.get_by_role("button", name="Open the cases of kim now").click()
            expect(again.get_by_text("The cases are moved.")).to_be_visible()
        assert set(listed(of_three, "kim-again")) == lost


def test_recovery_at_a_terminal_needs_more_than_one_share(of_three: Site) -> None:
    operate(of_three, "recovery", "deal", "2", "--tested-by", "lee", handle="Sam")
    operate(of_three, "group", "sign", "1", handle="lee")
    for said in ("milk", "a ride", "company"):
        submit_request(of_three, said)
    lost = set(listed(of_three, "kim"))
    for handle in ("Sam", "lee"):
        operate(of_three, "group", "show", handle=handle)
    operate(of_three, "recovery", "propose", "kim", "lee", handle="Sam")
    assert "0 cases moved" in operate(of_three, "recovery", "open", handle="lee")
    shown = operate(of_three, "group", "show", handle="lee")
    assert "give the cases of kim to lee" in shown
    operate(of_three, "group", "sign", "1", handle="lee")
    assert re.search(r"[1-9] cases moved, 0 could not", operate(of_three, "recovery", "open", handle="lee"))
    assert lost <= set(listed(of_three, "lee"))


def test_with_new_members_a_new_recovery_key_is_proposed_and_cases_move_to_it(browser: Browser, of_three: Site) -> None:
    operate(of_three, "recovery", "deal", "2", handle="Sam")
    operate(of_three, "group", "sign", "1", handle="kim")
    with visit(browser) as sam:
        for said in ("milk", "a ride", "company"):
            submit_request(of_three, said)
        add_member(of_three, "noor", by=["Sam", "kim"])
        sign_in(sam, of_three)
        to_group(sam)
        expect(sam.locator("section.entry").get_by_text("A new recovery key that 2 members open together")).to_be_visible()
        sam.get_by_role("button", name="I agree: sign").click()
        expect(sam.get_by_text("Cases that still hang on an older recovery key: 3.")).to_be_visible()
    with visit(browser) as sam, visit(browser) as kim, visit(browser) as lee:
        for page, handle in ((sam, "Sam"), (kim, "kim"), (lee, "lee")):
            sign_in(page, of_three, handle)
        until(lee, lambda answer: set(answer["recovery_grants"]) == {answer["recovery_key"]["id"]})
        to_group(lee)
        expect(lee.get_by_text("Your share is in your keyring.")).to_be_visible()
        expect(lee.get_by_text("Cases that still hang on an older")).to_have_count(0)


def test_the_poster_carries_the_link_and_refuses_a_fingerprint_that_is_not_the_groups(browser: Browser, site: Site) -> None:
    with visit(browser) as page, visit(browser) as sam:
        page.goto(f"{site.address}/en/poster/#{site.fingerprint}")
        expect(page.locator("svg.qr")).to_be_visible()
        expect(page.locator(".address")).to_have_text(f"{site.address}/en/#{site.fingerprint}")
        picture = page.locator("svg.qr").screenshot()
        page.goto("about:blank")
        page.goto(f"{site.address}/en/poster/#{'1' * 40}")
        expect(page.get_by_role("alert")).to_be_visible()
        # The desk's own reader reads the code.
        sign_in(sam, site)
        source = sam.locator("#scan-code").text_content() or ""
        read = """async ([source, bytes]) => {
            const { read } = await import(JSON.parse(source));
            return await read(new Blob([new Uint8Array(bytes)], { type: "image/png" }));
        }"""
        assert sam.evaluate(read, [source, list(picture)]) == f"{site.address}/en/#{site.fingerprint}"


def test_one_of_two_members_stops_the_others_proposal(browser: Browser, site: Site) -> None:
    add_member(site, "kim", by=["Sam"])
    with visit(browser) as sam:
        sign_in(sam, site)
        assert "takes effect 3 days after" in operate(site, "group", "remove", "Sam", handle="kim")
        to_group(sam)
        expect(sam.get_by_text("signed by your colleague alone")).to_be_visible()
        sam.get_by_role("button", name="Stop it").click()
        expect(sam.get_by_text("It is stopped.")).to_be_visible()
        expect(sam.get_by_text("signed by your colleague alone")).to_have_count(0)
        expect(sam.locator("ul.people li").filter(has_text="kim")).to_be_visible()
