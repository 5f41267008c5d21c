"""Coordinators enrol, open, reply, note, hand over and close in real browsers. Idle browsers drop their keys."""

import json
import subprocess
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.support.any_browser import until
from tests.support.browser import (
    HANDLE,
    PASSPHRASE,
    Site,
    ask_for_help,
    come_back,
    enrol_in_browser,
    operate,
    sign_in,
    status,
    to_list,
    visit,
)
from tests.support.forked_server import started
from tests.support.processes import enrol_at
from tests.support.submitted import submit_request

CLIENT = Path(__file__).parents[2] / "intake" / "client"


def test_a_group_of_two_enrols_answers_hands_over_and_closes(
    browser: Browser, environment: dict[str, str], tmp_path: Path
) -> None:
    words = "مرحبا، نحتاج إلى حليب للأطفال"
    with (
        started(environment) as (client, link),
        visit(browser, real_argon2id=True) as sam,
        visit(browser, real_argon2id=True) as kim,
        visit(browser, real_argon2id=True) as person,
    ):
        address = str(client.base_url).rstrip("/")
        fingerprint, _ = enrol_in_browser(sam, link, "Sam")
        site = Site(address, environment, Path(environment["INTAKE_DATA"]), fingerprint.replace(" ", ""))
        code = ask_for_help(person, site, words, kinds=["Groceries"])
        sign_in(sam, site, "sam")
        expect(sam.get_by_text("Not opened yet")).to_be_visible()
        sam.get_by_text(words).click()
        say(sam, "Tomorrow at six")
        expect(status(sam, "In progress")).to_be_checked()
        note(sam, "they asked twice")
        to_list(sam)
        expect(sam.get_by_role("listitem").get_by_text("In progress")).to_be_visible()

        sam.get_by_role("button", name="Group").click()
        expect(sam.get_by_text(fingerprint)).to_be_visible()
        sam.get_by_role("button", name="Make a link").click()
        digits, _ = enrol_in_browser(kim, sam.locator("#invite").inner_text(), "kim")
        kim.get_by_label("Handle").fill("kim")
        kim.get_by_label("Passphrase").fill(PASSPHRASE)
        kim.get_by_role("button", name="Sign in").click()
        expect(kim.get_by_text("no colleague has approved you yet")).to_be_visible()
        to_list(sam)
        sam.get_by_role("button", name="Group").click()
        expect(sam.get_by_text(digits)).to_be_visible()
        sam.get_by_role("button", name="The digits match").click()
        expect(sam.get_by_role("listitem").get_by_text("kim", exact=True)).to_be_visible()
        sign_in(kim, site, "kim")
        expect(kim.get_by_text("No case is assigned to you.")).to_be_visible()

        to_list(sam)
        sam.get_by_text(words).click()
        sam.get_by_role("button", name="Hand over").click()
        sam.get_by_role("button", name="Yes, hand it over").click()
        expect(sam.get_by_text("It is handed over.")).to_be_visible()
        expect(sam.get_by_text("No case is assigned to you.")).to_be_visible()

        kim.get_by_role("button", name="Group").click()
        to_list(kim)
        kim.get_by_text(words).click()
        expect(kim.get_by_text("they asked twice")).to_be_visible()
        say(kim, "It is me now")
        come_back(person, site, code)
        expect(person.get_by_text("It is me now")).to_be_visible()
        assert "missing or was changed" not in person.content()
        person.get_by_label("Write to the group").fill("thank you kim")
        person.get_by_role("button", name="Send as a message").click()
        expect(person.get_by_text("Your message is sent.")).to_be_visible()
        assert json.loads(operate(site, "case", "list", "--json")) == []

        to_list(kim)
        kim.get_by_role("listitem").get_by_text(words).click()
        expect(kim.get_by_text("thank you kim")).to_be_visible()
        kim.get_by_role("button", name="Share").click()
        kim.get_by_role("button", name="Yes, share it").click()
        expect(kim.get_by_text("It is shared.")).to_be_visible()
        shared = json.loads(operate(site, "case", "list", "--json"))
        case = json.loads(operate(site, "case", "show", "--json", shared[0]["case"]))
        assert case["warnings"] == []
        assert [entry["text"] for entry in case["entries"] if entry["kind"] == "message"] == [
            "Tomorrow at six",
            "It is me now",
            "thank you kim",
        ]
        out = tmp_path / "out"
        operate(site, "case", "export", shared[0]["case"], str(out))
        assert (out / "identity.txt").stat().st_mode & 0o777 == 0o600
        assert words in opened_by_another_tool(out, "shared-0.age")
        assert "they asked twice" in opened_by_another_tool(out, "desk-2.age")
        operate(site, "case", "note", shared[0]["case"], "over to kim for good")
        operate(site, "case", "hand-over", shared[0]["case"], "kim")
        assert json.loads(operate(site, "case", "list", "--json")) == []
        come_back(person, site, code)
        assert "missing or was changed" not in person.content()
        person.get_by_label("Write to the group").fill("still there?")
        person.get_by_role("button", name="Send as a message").click()
        expect(person.get_by_text("Your message is sent.")).to_be_visible()

        kim.get_by_role("listitem").get_by_text(words).click()
        expect(kim.get_by_text("over to kim for good")).to_be_visible()
        expect(kim.get_by_text("still there?")).to_be_visible()
        assert "missing or was changed" not in kim.content()
        kim.get_by_role("button", name="Close this case").click()
        expect(kim.get_by_text("The case is closed and will be deleted on")).to_be_visible()
        expect(kim.get_by_text("No case fits.")).to_be_visible()


def opened_by_another_tool(folder: Path, name: str) -> str:
    """Open an exported file with the `age-encryption` package from npm and the exported identities."""
    script = """
        import { Decrypter } from "age-encryption"; import { readFileSync } from "node:fs";
        const [folder, name] = process.argv.slice(1); const decrypter = new Decrypter();
        for (const line of readFileSync(folder + "/identity.txt", "utf8").trim().split("\\n")) decrypter.addIdentity(line);
        console.log(await decrypter.decrypt(readFileSync(folder + "/" + name), "text"));
    """
    command = ["node", "--input-type=module", "-e", script, str(folder), name]
    return subprocess.run(command, cwd=CLIENT, capture_output=True, text=True, check=True).stdout


def say(page: Page, words: str) -> None:
    page.get_by_label("Reply").fill(words)
    page.get_by_role("button", name="Send the reply").click()
    expect(page.locator(".entry", has_text=words)).to_be_visible()


def note(page: Page, words: str) -> None:
    page.get_by_label("A new note").fill(words)
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator(".entry", has_text=words)).to_be_visible()


def test_a_newcomer_joins_at_a_terminal_and_is_approved_at_the_desk(browser: Browser, site: Site) -> None:
    with visit(browser) as sam, visit(browser) as person:
        sign_in(sam, site)
        sam.get_by_role("button", name="Group").click()
        sam.get_by_role("button", name="Make a link").click()
        link = sam.locator("#invite").inner_text()
        other = enrol_at(site.environment, link.partition(".")[0] + "." + "0" * 40, PASSPHRASE, "kim")
        assert other.returncode == 2, "a link that names another group"
        done = enrol_at(site.environment, link, PASSPHRASE, "kim")
        assert done.returncode == 0, done.stderr
        to_list(sam)
        sam.get_by_role("button", name="Group").click()
        expect(sam.get_by_text(done.stdout.splitlines()[1].strip())).to_be_visible()
        expect(sam.get_by_text("kim", exact=True)).to_be_visible()
        sam.get_by_role("button", name="The digits match").click()
        expect(sam.get_by_role("button", name="The digits match")).to_have_count(0)  # the list names a candidate too
        expect(sam.get_by_role("listitem").get_by_text("kim", exact=True)).to_be_visible()
        submit_request(site, "milk for two")
        for _ in range(2):  # the first pins the longer key list in kim's keyring, the second finds it there
            assert [case["line"] for case in json.loads(operate(site, "case", "list", "--json", handle="kim"))] == [
                "milk for two"
            ]
        sign_in(person, site, "kim")
        person.get_by_role("listitem").get_by_text("milk for two").click()
        say(person, "from a browser too")
        operate(site, "case", "share", json.loads(operate(site, "case", "list", "--json"))[0]["case"], "kim")


def test_cases_are_searched_and_filtered_without_asking_the_server(browser: Browser, site: Site) -> None:
    submit_request(site, "Baby milk, José will fetch it", kinds=["Groceries"])
    submit_request(site, "To the clinic on Monday", kinds=["A ride"])
    with visit(browser) as page:
        sign_in(page, site)
        expect(page.get_by_role("listitem")).to_have_count(2)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.get_by_label("Search").fill("jose MILK")
        expect(page.get_by_role("listitem")).to_have_count(1)
        page.get_by_label("Search").fill("")
        page.get_by_label("Kind").select_option("ride")
        expect(page.get_by_role("listitem")).to_have_count(1)
        page.get_by_label("Status").select_option("done")
        expect(page.get_by_text("No case fits.")).to_be_visible()
        page.get_by_label("Status").select_option("")
        page.get_by_label("Search").fill("no such words")
        expect(page.get_by_text("No request matches “no such words”.")).to_be_visible()
        assert asked == []


def test_a_search_reads_a_long_request_whole_or_says_that_it_did_not(browser: Browser, site: Site) -> None:
    submit_request(site, f"milk {'and bread ' * 60} and a HEİZLÜFTER, please call ٠١٧٠ ١٢٣ ٤٥٦٧")
    with visit(browser) as page:
        sign_in(page, site)
        page.get_by_label("Search").fill("heizlufter")  # no coordinator has opened this case: its row is the whole request
        expect(page.get_by_text("1 case shown")).to_be_visible()
        page.get_by_role("listitem").get_by_text("milk").click()
        expect(page.get_by_label("Reply")).to_be_visible()
    with visit(browser) as page:
        sign_in(page, site)
        page.get_by_label("Search").fill("heizlufter")
        expect(page.get_by_text("1 request is longer than the part that was searched.")).to_be_visible()
        expect(page.get_by_text("No request matches")).to_be_hidden()
        page.get_by_role("button", name="Search the whole text").click()
        expect(page.get_by_role("listitem").get_by_text("milk")).to_be_visible()
        page.get_by_label("Search").fill("0170/1234567")
        expect(page.get_by_role("listitem").get_by_text("milk")).to_be_visible()
        page.get_by_label("Search").fill("radiator")
        expect(page.get_by_text("No request matches “radiator”.")).to_be_visible()


def test_spam_is_hidden_with_more_like_it_in_one_browser_until_sign_out(browser: Browser, site: Site) -> None:
    with visit(browser) as desk:
        for words in ("buy cheap gold coins now at gold dot example", "buy cheap gold coins now at silver dot example", "milk"):
            submit_request(site, words)
        sign_in(desk, site)
        expect(desk.get_by_text("3 cases shown")).to_be_visible()
        desk.get_by_text("buy cheap gold coins now at gold dot example").click()
        desk.get_by_role("button", name="Spam: hide it, and more like it").click()
        expect(desk.get_by_text("1 case shown")).to_be_visible()
        expect(desk.get_by_text("Hidden here until you sign out: 2")).to_be_visible()
        expect(desk.get_by_text("milk")).to_be_visible()
        desk.get_by_role("button", name="Show what is hidden").click()
        expect(desk.get_by_text("3 cases shown")).to_be_visible()
        desk.get_by_text("buy cheap gold coins now at gold dot example").click()
        desk.get_by_role("button", name="Spam: hide it, and more like it").click()
        desk.get_by_role("button", name="Sign out").click()
        desk.get_by_label("Handle").wait_for()
        sign_in(desk, site)
        expect(desk.get_by_text("3 cases shown")).to_be_visible()  # stored nowhere


def test_fifteen_idle_minutes_drop_the_keys_and_keep_an_unfinished_reply_sealed(browser: Browser, site: Site) -> None:
    submit_request(site, "milk")
    with visit(browser) as page:
        page.clock.install()
        sign_in(page, site)
        page.get_by_role("listitem").get_by_text("milk").click()
        page.get_by_label("Reply").fill("I am half-wr")
        page.clock.fast_forward("13:05")
        expect(page.get_by_text("Are you still there?")).to_be_visible()
        page.get_by_role("button", name="I am here").click()
        expect(page.get_by_text("Are you still there?")).to_be_hidden()
        page.clock.fast_forward("13:05")
        expect(page.get_by_text("Are you still there?")).to_be_visible()
        page.keyboard.press("a")
        page.clock.fast_forward("02:05")
        expect(page.get_by_text("You were signed out after 15 minutes")).to_be_visible()
        assert "milk" not in page.content()
        until(lambda: page.context.cookies() == [], "the session to end")
    with visit(browser) as page:
        sign_in(page, site)
        page.get_by_role("listitem").get_by_text("milk").click()
        expect(page.get_by_label("Reply")).to_have_value("I am half-wr")
        say(page, "I am done")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("You are signed out.")).to_be_visible()
    with visit(browser) as page:
        sign_in(page, site)
        page.get_by_role("listitem").get_by_text("milk").click()
        expect(page.get_by_label("Reply")).to_have_value("")


def test_a_paper_code_opens_the_same_cases_as_the_passphrase(browser: Browser, environment: dict[str, str]) -> None:
    with started(environment) as (_, link), visit(browser) as page:
        _, paper = enrol_in_browser(page, link, "Sam")
        page.get_by_role("button", name="Use my paper code").click()
        page.get_by_label("Handle").fill("sam")
        page.get_by_label("The 40 digits").fill(paper[:-1] + ("1" if paper[-1] != "1" else "2"))
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("These digits are not right")).to_be_visible()
        page.get_by_label("The 40 digits").fill(paper)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Your cases")).to_be_visible()


def test_a_wrong_passphrase_and_an_unknown_handle_read_the_same(browser: Browser, site: Site) -> None:
    with visit(browser) as page:
        for handle in (HANDLE, "nobody"):
            page.goto(f"{site.address}/en/desk/")
            page.get_by_label("Handle").fill(handle)
            page.get_by_label("Passphrase").fill("not the right words")
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_text("Handle and passphrase do not fit.")).to_be_visible()


def test_the_meter_gives_advice_and_repeats_nothing_of_the_passphrase(browser: Browser, environment: dict[str, str]) -> None:
    with started(environment) as (_, link), visit(browser) as page:
        page.goto(link)
        meter, typing = page.locator("#strength"), page.get_by_label("Passphrase", exact=True)
        expect(meter).to_have_attribute("role", "status")
        for words, said in (
            ("ffffffffffffffff", "Rows of keys"),
            ("liverpool1892!", "One more word makes it strong"),
            ("samuel samuel 1", "Names that everybody here knows"),
            ("passwordmonkey", "four or five words"),
        ):
            page.get_by_label("Handle").fill("samuel")
            typing.fill(words)
            expect(meter).to_contain_text(said)
            shown = meter.inner_text().lower()
            assert not any(word in shown for word in ("ffff", "liverpool", "1892", "samuel", "monkey"))
        typing.fill(PASSPHRASE)
        expect(meter).to_have_text("Very good.")


def test_an_enrolment_link_works_once_and_a_common_passphrase_is_refused(browser: Browser, environment: dict[str, str]) -> None:
    with started(environment) as (_, link):
        with visit(browser) as page:
            page.goto(link)
            for words, said in (
                ("short", "Too short."),
                ("password1234", "Too easy"),
                ("123456789012", "Too easy"),
                ("liverpool1892!", "Nearly"),
            ):
                page.get_by_label("Handle").fill("sam")
                page.get_by_label("Passphrase", exact=True).fill(words)
                expect(page.locator("#strength")).to_contain_text(said)
                page.get_by_role("button", name="Make my keys").click()
                page.get_by_label("The passphrase once more").fill(words)
                page.get_by_role("button", name="Make my keys").click()
                expect(page.get_by_role("alert")).to_contain_text(said)
            enrol_in_browser(page, link, "Sam")
        with visit(browser) as page:
            page.goto(link)
            expect(page.get_by_text("This link was used, has run out, or never was.")).to_be_visible()
