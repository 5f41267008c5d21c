"""Share a recovery key among members over HTTP."""

from typing import Any

from crypto import age, recovery
from crypto.age import Identity
from crypto.encoding import GroupId, MemberId, b64
from crypto.keylist import Body, Change
from crypto.labels import Label
from crypto.sheet import Sizes
from tests.support.desks import Desk, as_json

SHARE = b64(age.encrypt(bytes(Sizes.GRANT.value[0]), [Identity.generate().recipient]))


async def make_recovery_key(desks_: list[Desk], threshold: int = 2) -> Identity:
    """Make a recovery key as the first member; the second tests and signs it."""
    ana, ben, *_ = desks_
    secret = Identity.generate()
    number = len((await ana.keys()).entries)
    body, sent = await recovery_body(desks_, secret, ben.member.id, threshold)
    assert (await ana.client.post("/api/desk/recovery/deal", json=sent)).json()["missing_signatures"] == 1
    signature = ben.member.signing.sign(Label.DEAL, sent["deal"]["body"].encode())
    tried = {"number": number, "entry": as_json(ben.signed(body)), "share": "", "deal": signature}
    assert (await ben.client.post("/api/desk/recovery/sign", json=tried)).json()["missing_signatures"] == 0
    return secret


async def recovery_body(
    desks_: list[Desk], secret: Identity, tester: MemberId, threshold: int = 2
) -> tuple[Body, dict[str, Any]]:
    """Return the entry that the first of `desks_` signs for a recovery key, and the body that they send."""
    ana, *_ = desks_
    keys = await ana.keys()
    body = await ana.proposal(Change.RECOVERY, member=tester, key=recovery.key_hash(secret.recipient), value=threshold)
    parts = recovery.split(secret, len(desks_), threshold)
    shares = {desk.member.id: part for desk, part in zip(desks_, parts, strict=True)}
    text = recovery.new_deal(GroupId(keys.group), secret.recipient, threshold, shares)
    signed = {"body": text.decode(), "signatures": {ana.member.id: ana.member.signing.sign(Label.DEAL, text)}}
    files = {desk.member.id: SHARE for desk in desks_}
    sent = {"number": len(keys.entries), "entry": as_json(ana.signed(body)), "deal": signed, "shares": files, "share": SHARE}
    return body, sent
