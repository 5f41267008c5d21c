"""Vectors of the shares of a recovery key."""

from crypto import recovery
from crypto.encoding import b64
from crypto.labels import Label
from tests.vectors.world import (
    CASE,
    CASE_KEY,
    EPOCH,
    GROUP,
    KEYS,
    MEMBERS,
    SIGNERS,
    save,
)


def deal_vectors():
    parts, other = recovery.split(EPOCH, 3, 2), recovery.split(CASE_KEY, 3, 2)
    members = MEMBERS[:3]
    shares, foreign = dict(zip(members, parts, strict=True)), dict(zip(members, other, strict=True))

    def dealt(name, about, shares, tried, *, signer=0, key=EPOCH, refused=None, reason=None):
        text = recovery.new_deal(GROUP, EPOCH.recipient, 2, shares)
        signed = {"body": text.decode(), "signatures": {MEMBERS[signer]: SIGNERS[signer].sign(Label.DEAL, text)}}
        given = {"signed": signed, "group": GROUP, "key": recovery.key_hash(key.recipient), "keys": {**KEYS}, "shares": tried}
        if refused == "signature":
            given["signed"]["signatures"] = {}
        output = None if refused else {"deal": EPOCH.recipient.id, "value": 2}
        save(f"deal-{name}", about, "deal", given, output=output, refused=refused, reason=reason)

    two = {member: shares[member] for member in members[:2]}
    dealt("ok", "two shares give the key and the third's share", shares, two)
    wrong = "another share than the deal commits to"
    garbage = {**shares, members[2]: foreign[members[2]][:-1] + shares[members[2]][-1:]}
    dealt("of-garbage-for-the-third", "its dealer commits to garbage", garbage, two, refused="binding", reason=wrong)
    dealt(
        "with-another-share-handed-in",
        "not the one committed to",
        shares,
        {**two, members[1]: parts[2]},
        refused="binding",
        reason=wrong,
    )
    none = "too few shares, or one of another deal"
    all_foreign = {member: foreign[member] for member in members[:2]}
    dealt("of-garbage-for-all", "shares of another key", foreign, all_foreign, refused="binding", reason=none)
    few = "too few shares to test the key"
    dealt("of-too-few", "one share", shares, {members[0]: parts[0]}, refused="binding", reason=few)
    twice = {**shares, members[2]: parts[0]}
    dealt(
        "of-one-share-twice",
        "two members hold the same",
        twice,
        two,
        refused="binding",
        reason="a deal that gives a share twice",
    )
    another = "a deal of another group or key"
    dealt("of-another-key", "the list names another", shares, two, key=CASE_KEY, refused="binding", reason=another)
    dealt("unsigned", "unsigned", shares, two, refused="signature", reason="a deal without a signature")


def recovery_vectors():
    shares = recovery.split(EPOCH, 3, 2)
    deal = EPOCH.recipient.id
    other = recovery.split(CASE_KEY, 3, 2)
    for name, given in (("first-two", shares[:2]), ("last-two", shares[1:]), ("all", shares)):
        save(f"recovery-{name}", "enough", "combine", {"shares": given, "deal": deal}, output=EPOCH.reveal())
    few, foreign = "too few shares, or the same one twice", "too few shares, or one of another deal"
    for name, given, reason in (
        ("one-share", shares[:1], few),
        ("the-same-share-twice", [shares[0], shares[0]], few),
        ("a-share-of-another-deal", [shares[0], other[1]], foreign),
        ("all-of-another-deal", other, foreign),
    ):
        save(f"recovery-{name}", "refused", "combine", {"shares": given, "deal": deal}, refused="binding", reason=reason)
    share = recovery.Share(
        format=Label.SHARE.value, group=GROUP, deal=deal, member=MEMBERS[1], author=MEMBERS[0], share=shares[0]
    )
    file = b64(recovery.seal_share(share, EPOCH.recipient, SIGNERS[0]))
    given = {"file": file, "identities": [EPOCH.reveal()], "group": GROUP, "member": MEMBERS[1], "deal": deal, "keys": KEYS}
    save("share-ok", "signed by its giver", "share", given, output={"author": MEMBERS[0], "share": shares[0]})
    save(
        "share-for-someone-else",
        "refused",
        "share",
        {**given, "member": MEMBERS[2]},
        refused="binding",
        reason="a share for someone else, or of another deal",
    )
    save(
        "share-of-another-deal",
        "refused",
        "share",
        {**given, "deal": CASE},
        refused="binding",
        reason="a share for someone else, or of another deal",
    )
    save(
        "share-by-a-stranger",
        "the giver was never a member",
        "share",
        {**given, "keys": {}},
        refused="signature",
        reason="a signature by someone who was never a member",
    )
