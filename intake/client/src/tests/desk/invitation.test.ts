/** What a member's screen says about their newest enrolment link. */
import assert from "node:assert/strict";
import test from "node:test";
import { sha256 } from "@noble/hashes/sha2.js";
import { b64, utf8 } from "../../crypto/encoding.js";
import { Invitation } from "../../desk/member/invitation.js";

const HASH = b64(sha256(utf8("token")));
const made = (): Invitation => new Invitation("https://example.org/en/desk/enrol/#token.1", "token");

test("a link that can be used stays on the screen", () => {
  const invitation = made();
  invitation.follow({ hash: HASH, used: false }, ["stranger"]);
  assert.deepEqual([invitation.stage, invitation.invitee], ["open", ""]);
  assert.ok(invitation.link);
});

test("a used link disappears and names the one candidate who appeared with it", () => {
  const invitation = made();
  invitation.follow({ hash: HASH, used: true }, ["noor"]);
  assert.deepEqual([invitation.stage, invitation.invitee, invitation.link], ["used", "noor", ""]);
});

test("a used link names nobody if several candidates appeared at once", () => {
  const invitation = made();
  invitation.follow({ hash: HASH, used: true }, ["noor", "n.oor"]);
  assert.deepEqual([invitation.stage, invitation.invitee, invitation.link], ["used", "", ""]);
});

test("a link that expired or was replaced disappears and names nobody", () => {
  for (const stored of [null, { hash: b64(sha256(utf8("newer"))), used: true }]) {
    const invitation = made();
    invitation.follow(stored, ["noor"]);
    assert.deepEqual([invitation.stage, invitation.invitee, invitation.link], ["void", "", ""]);
  }
});
