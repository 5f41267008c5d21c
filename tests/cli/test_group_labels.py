"""`intake case list` and `show` use the group's own words: statuses, tags, and whom a follow-up is for."""

import json
from collections.abc import Iterator

import httpx2 as httpx
import pytest
from msgspec import structs

from crypto import group_words
from crypto.encoding import GroupId, new_id
from crypto.entry import FollowUp, Kind
from crypto.group_words import GroupWords, Tag
from crypto.labels import Label
from intake.cli.clocks import local_day
from intake.cli.desk import Desk
from intake.cli.group_labels import status_label, tag_labels
from intake.cli.member import Member
from tests.support.forked_server import started
from tests.support.requester import send
from tests.support.terminal import PASSPHRASE, Terminal, enrol

STAIRS, MARKUP, GONE = new_id(), new_id(), new_id()


@pytest.fixture
def server(environment: dict[str, str]) -> Iterator[str]:
    with started(environment) as (_, link):
        enrol(link, PASSPHRASE, "Sam")
        yield link.split("/en/")[0]


def write_words(me: Member) -> GroupWords:
    """Store group words as a member's client does."""
    words = GroupWords(
        format=Label.GROUP_WORDS.value,
        group=GroupId(me.keys.group),
        number=me.names_number + 1,
        author=me.id,
        day=me.signing_day,
        head=me.keys.head,
        templates=[],
        tags=[Tag(id=STAIRS, label="third floor", colour="red"), Tag(id=MARKUP, label="[red]x[/red]\x1b[2J", colour="red")],
        statuses={"done": "Delivered"},
    )
    me.ask("PUT", "/api/desk/names", me.sealed_names(words=[group_words.sign(words, me.ring.signing_key)]))
    return words


async def test_the_list_and_a_case_show_tags_the_groups_status_and_whom_a_follow_up_is_for(server: str) -> None:
    case = (await send(server, "milk")).body["case"]
    with httpx.Client(base_url=server, timeout=60) as client:
        desk = Desk(Member.sign_in(client, "sam", PASSPHRASE))
        words = write_words(desk.me)
        desk.open(case)
        follow_up = FollowUp(day=local_day().isoformat(), text="call back", member=desk.me.id)
        desk._write(case, Kind.FOLLOW_UP, lambda now: now.new_status(follow_up=follow_up))
        tagged = [STAIRS, MARKUP, GONE]
        desk._write(case, Kind.STATUS, lambda now: structs.replace(now.new_status("done"), tags=tagged))
        desk.me.sign_out()
    sam = Terminal(server, "sam", PASSPHRASE)
    escaped = tag_labels([MARKUP], words)[0]
    assert "\x1b" not in escaped

    listed = "".join(sam("case", "list").replace("│", "").split())  # a long mark is on several lines
    for mark in ("Delivered (done)", "due today: call back", "third floor", escaped, "removed tag"):
        assert mark.replace(" ", "") in listed
    shown = sam("case", "show", case)
    assert "status     Delivered (done)\n" in shown
    assert f"tags       third floor, {escaped}, removed tag\n" in shown
    assert "follow-up  due today: call back (for sam)\n" in shown
    (row,) = json.loads(sam("case", "list", "--json"))
    assert (row["status"], row["tags"]) == ("done", ["third floor", escaped, "removed tag"])


def test_without_words_of_its_own_a_group_has_the_usual_statuses() -> None:
    assert status_label("done", None) == "done"
    assert tag_labels(["a"], None) == ["removed tag"]
