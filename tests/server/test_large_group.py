"""A group of eighty works over a real server: enrolment, names, rotation, an assignment offer, and the limit of members."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass

import httpx2 as httpx
import pytest

from crypto import age, keylist
from crypto.encoding import GroupId, new_id, unb64
from crypto.errors import KeyListError
from crypto.keylist import MAX_MEMBERS, Body, Change
from intake.cli import recovery, rotation
from intake.cli.group import decide
from intake.cli.member import Member
from intake.cli.proposals import open_proposals
from intake.form import assignment_offer
from intake.store.members import members as people
from tests.support import large_group, requester
from tests.support.api import refused
from tests.support.desks import desks
from tests.support.forked_server import started
from tests.support.installation import Installation
from tests.support.processes import free_port
from tests.support.terminal import Terminal, enrol

MEMBERS = 80
PASSPHRASE = "ladder copper winter kite"
DAY = dt.date(2026, 11, 20)


@dataclass
class Eighty:
    """A running server, its founder's desk, and the handles of all."""

    address: str
    founder: Member
    handles: list[str]


@pytest.fixture(scope="module")
def eighty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Eighty]:
    """Enrol the eightieth member as a person does at a terminal; yield the group."""
    folder = tmp_path_factory.mktemp("eighty")
    places = {"INTAKE_DATA": f"{folder}/var", "INTAKE_KEY_STORE": f"{folder}/key-store", "INTAKE_PORT": str(free_port())}
    environment = {**large_group.ENVIRONMENT, **places}
    with started(environment) as (client, link):
        enrol(link, PASSPHRASE, "sam")
        sam, address = Member.sign_in(client, "sam", PASSPHRASE), str(client.base_url)
        decide(sam, Change.QUORUM, value=1)
        handles = [f"member-{n:02}" for n in range(2, MEMBERS)]
        large_group.grow(sam, handles, environment)
        at_terminal = Terminal(address, "sam", PASSPHRASE)
        digits = enrol(at_terminal("group", "invite").strip(), PASSPHRASE, "kim").splitlines()[1].strip()
        at_terminal("group", "approve", digits)
        yield Eighty(address, Member.sign_in(client, "sam", PASSPHRASE), ["sam", *handles, "kim"])


def test_the_eightieth_member_reads_all_names(eighty: Eighty) -> None:
    with httpx.Client(base_url=eighty.address) as client:
        kim = Member.sign_in(client, "kim", PASSPHRASE)
        assert len(kim.keys.members) == len(kim.seats) == MEMBERS
        assert sorted(kim.names[member] for member in kim.keys.members) == sorted(eighty.handles)
        assert age.inspect(unb64(kim.group["names"])).recipients == MEMBERS
        kim.sign_out()


def test_after_enrolment_the_sealed_name_of_a_member_is_sent_only_on_request(eighty: Eighty) -> None:
    group = eighty.founder.ask("GET", "/api/desk/group")
    assert group["candidates"] == []
    assert len(json.dumps(group)) < 640 * 1024
    last = list(eighty.founder.keys.members)[-1]
    handed_in = unb64(eighty.founder.ask("GET", f"/api/desk/names/{last}")["name"])
    assert age.inspect(handed_in).recipients == MEMBERS - 1
    with httpx.Client(base_url=eighty.address) as stranger:
        assert stranger.get(f"/api/desk/names/{last}").status_code == 401


def test_one_of_eighty_renews_their_keys_and_all_still_read_the_names(eighty: Eighty) -> None:
    sam = eighty.founder
    before = sam.seats[sam.id].recipient
    assert rotation.rotate(sam, lambda done, of: None) == 0
    assert sam.seats[sam.id].recipient != before
    sam.refresh()
    assert age.inspect(unb64(sam.group["names"])).recipients == MEMBERS
    assert sorted(sam.names[member] for member in sam.keys.members) == sorted(eighty.handles)


async def test_an_offer_names_all_eighty_and_the_next_requests_are_assigned_to_others(eighty: Eighty) -> None:
    async with httpx.AsyncClient(base_url=eighty.address) as client:
        offer = (await client.post("/api/form/offer", json={"case": new_id()})).json()
        assert {seat["member"] for seat in offer["all"]} == set(eighty.founder.keys.members)
        assert len(offer["seats"]) == assignment_offer.OFFERED
        assigned = []
        for n in range(3):
            sealed = await requester.seal(client, f"request {n}", eighty.founder.today)
            assert (await requester.submit(client, sealed.body)).status_code == 201
            assigned += [grant["member"] for grant in sealed.body["grants"]]
        assert len(set(assigned)) == 3 * assignment_offer.ASSIGNED


def test_eighty_share_a_recovery_key(eighty: Eighty) -> None:
    sam = eighty.founder
    with httpx.Client(base_url=eighty.address) as client:
        kim = Member.sign_in(client, "kim", PASSPHRASE)
        assert recovery.deal(sam, 2, kim.id) == 1
        kim.refresh()
        (proposal,) = open_proposals(kim)
        assert recovery.agree_to_deal(kim, proposal) == 0
        kim.sign_out()
    sam.refresh()
    assert sam.keys.recovery is not None
    assert len(sam.keys.recovery.members) == MEMBERS
    recovery.keep_share(sam)
    assert len(sam.ring.shares) == 1


def test_the_member_after_the_last_is_refused_until_somebody_leaves() -> None:
    members = [large_group.newcomer(f"member-{n}") for n in range(MAX_MEMBERS)]
    first = keylist.found_group(GroupId(new_id()), members[0].id, members[0].signing, DAY.isoformat(), quorum=1)
    entries = large_group.enrolments([first], members[0], members[1:], DAY)
    keys = keylist.verify(entries, DAY)
    assert len(keys.members) == MAX_MEMBERS
    more = large_group.newcomer("one-more")
    key = more.signing.verifying_key.text
    body: Body = keylist.next_body(keys, Change.ENROL, DAY.isoformat(), member=more.id, key=key)
    beyond = keylist.sign(body, {members[0].id: members[0].signing})
    with pytest.raises(KeyListError, match="beyond the largest number of members"):
        keylist.check_proposal(keys, beyond, DAY)
    with pytest.raises(KeyListError, match="beyond the largest number of members"):
        keylist.verify([*entries, beyond], DAY)
    leaving = keylist.next_body(keys, Change.REMOVE, DAY.isoformat(), member=members[-1].id)
    entries.append(keylist.sign(leaving, {members[-1].id: members[-1].signing}))
    body = keylist.next_body(keylist.verify(entries, DAY), Change.ENROL, DAY.isoformat(), member=more.id, key=key)
    assert len(keylist.verify([*entries, keylist.sign(body, {members[0].id: members[0].signing})], DAY).members) == MAX_MEMBERS


async def test_a_full_group_invites_nobody_and_refuses_an_earlier_link_with_the_reason(empty: Installation) -> None:
    empty.found(1)
    async with desks(empty) as (ana,):
        invite = (await ana.client.post("/api/desk/invites")).json()["invite"]
        others = [large_group.newcomer(f"member-{n}") for n in range(MAX_MEMBERS - 1)]
        with empty.service.database.transaction() as tx:
            entries = large_group.enrolments(people.entries(tx), ana.member, others, empty.clock.today)
            for number, entry in enumerate(entries[1:], 1):
                people.append_entry(tx, number, entry)
        refused(await ana.client.post("/api/desk/invites"), 409, "group-full")
        refused(await ana.client.post("/api/desk/enrolment/", json={"invite": invite}), 409, "group-full")
