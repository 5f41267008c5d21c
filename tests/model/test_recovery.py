"""The terminal's recovery against a lying host: cases that the machine found, one by one."""

from unittest import mock

import pytest

from crypto import keylist, recovery
from crypto.encoding import unb64
from crypto.errors import BindingError
from crypto.keylist import Change
from intake.cli import group
from intake.cli import recovery as terminal
from intake.cli.errors import CommandError
from tests.model.group import World
from tests.model.people import opens
from tests.model.shortcuts import in_a_hurry

SPLIT, NEW_DEAL = recovery.split, recovery.new_deal


def test_a_key_that_opens_with_fewer_shares_than_its_entry_says_is_not_signed() -> None:
    with in_a_hurry():
        world = World(3, 2, None, lying=True)
        ana, ben, cyd = world.people
        desk = world.sign_in(ana)
        assert desk
        with (
            mock.patch.object(recovery, "split", lambda identity, parts, _: SPLIT(identity, parts, 2)),
            mock.patch.object(recovery, "new_deal", lambda of, to, _, shares: NEW_DEAL(of, to, 2, shares)),
        ):
            terminal.deal(desk.me, 3, cyd.id)
        (proposal,) = world.host.proposals.values()
        assert keylist.body_of(proposal).value == 3
        other = world.sign_in(ben)
        assert other
        with pytest.raises(BindingError):
            terminal.agree_to_deal(other.me, proposal)


def test_a_former_member_neither_makes_nor_tests_a_recovery_key() -> None:
    with in_a_hurry():
        world = World(3, 1, None, lying=True)
        ana, ben, cyd = world.people
        desk, former = world.sign_in(ana), world.sign_in(cyd)
        assert desk
        assert former
        group.decide(desk.me, Change.REMOVE, member=cyd.id)
        former.me.refresh()  # a lying host lets them continue
        for who, tester in ((former, ben), (desk, cyd)):
            with pytest.raises(CommandError, match="another member must test the key"):
                terminal.deal(who.me, 2, tester.id)


def test_shares_open_only_for_the_member_whom_the_decision_names() -> None:
    with in_a_hurry():
        world = World(3, 2, None, lying=True)
        ana, ben, cyd = world.people
        world.deal(ana, 2, cyd)
        world.host.lies.reordered = True
        for signer in (ana, ben):
            world.recover(signer, of=ben, to=cyd)
        (decision,) = world.host.keys.recovered
        purpose = world.host.keys.entries[decision.number].hash
        files = {share["sender"]: unb64(share["file"]) for share in world.host.shares if share["purpose"] == purpose}
        assert set(files) == {ana.id, ben.id}
        for reader in world.people:
            desk = world.sign_in(reader)
            assert desk
            identities = list(desk.me.ring.identities)
            assert [opens(file, identities) for file in files.values()] == [reader is cyd] * 2
