"""The recovery key, as its dealer splits and deals it. The vectors test what a reader refuses."""

from itertools import combinations

import pytest

from crypto import recovery
from crypto.age import Identity
from crypto.encoding import GroupId, MemberId, new_id
from crypto.errors import BindingError
from crypto.labels import Label
from crypto.recovery import Deal, Share, SignedDeal
from crypto.signing import SigningKey

GROUP, KEY = GroupId(new_id()), Identity.generate()
MEMBERS = [MemberId(new_id()) for _ in range(3)]
DEALER = SigningKey.generate()


@pytest.fixture(scope="module")
def shares() -> dict[MemberId, str]:
    """Return a share of the key for each of three members. Two open it."""
    return dict(zip(MEMBERS, recovery.split(KEY, 3, 2), strict=True))


def deal_of(shares: dict[MemberId, str]) -> Deal:
    """Return what a member reads of the deal that the dealer signed."""
    text = recovery.new_deal(GROUP, KEY.recipient, 2, shares)
    signed = SignedDeal(body=text.decode(), signatures={MEMBERS[0]: DEALER.sign(Label.DEAL, text)})
    return recovery.read_deal(signed, GROUP, recovery.key_hash(KEY.recipient), lambda _: DEALER.verifying_key)


def test_any_two_of_the_shares_restore_a_key_that_two_open(shares: dict[MemberId, str]) -> None:
    assert all(recovery.combine(pair, KEY.recipient.id) == KEY for pair in combinations(shares.values(), 2))


def test_two_shares_restore_nothing_of_a_key_that_three_open() -> None:
    with pytest.raises(BindingError):
        recovery.combine(recovery.split(KEY, 3, 3)[:2], KEY.recipient.id)


def test_a_new_deal_names_the_key_and_how_many_shares_open_it(shares: dict[MemberId, str]) -> None:
    deal = deal_of(shares)
    assert (deal.id, deal.value) == (KEY.recipient.id, 2)


def test_a_new_deal_commits_to_the_share_of_each_member(shares: dict[MemberId, str]) -> None:
    recovery.verify_shares(deal_of(shares), {str(member): share for member, share in shares.items()})


def test_a_members_share_is_not_accepted_as_anothers(shares: dict[MemberId, str]) -> None:
    first, second, _ = MEMBERS
    with pytest.raises(BindingError, match="another share than the deal commits to"):
        recovery.check_share(deal_of(shares), first, shares[second])


def test_a_sealed_share_opens_for_its_member(shares: dict[MemberId, str]) -> None:
    dealer, member, _ = MEMBERS
    epoch, deal = Identity.generate(), KEY.recipient.id
    share = Share(Label.SHARE.value, GROUP, deal, member, dealer, shares[member])
    file = recovery.seal_share(share, epoch.recipient, DEALER)
    assert recovery.open_share(file, [epoch], GROUP, member, deal, lambda _: DEALER.verifying_key) == share
