/** The page refuses a link whose fingerprint is incomplete, and never ignores a fingerprint. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readFingerprint } from "../../net/link.js";
import { repairedAddress } from "../../site/repaired_address.js";

const DIGITS = "1234567890".repeat(4);
const GROUPS = DIGITS.match(/.{4}/g)!;
const ARABIC = DIGITS.replace(/\d/g, (digit) => String.fromCodePoint(0x660 + Number(digit)));

test("a whole fingerprint is read in every form in which messengers send it", () => {
  for (const fragment of [
    `#${DIGITS}`,
    `#${GROUPS.join(" ")}`,
    `#${GROUPS.join("%20")}`,
    `#${GROUPS.join("+")}`,
    `#${GROUPS.join("-")}`,
    `#${GROUPS.join("\u00a0")}`,
    `#${GROUPS.join("\u200b")}`,
    `#\u202a${DIGITS}\u202c`,
    `#${ARABIC}`,
    `#${encodeURIComponent(ARABIC)}`,
    `#${encodeURIComponent(encodeURIComponent(ARABIC))}`,
    `#${DIGITS.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))}`,
    `#${DIGITS}.`,
    `#${DIGITS})`,
    `#${DIGITS},%20please`,
    `#${DIGITS}&fbclid=IwAR0123456789abc`,
    `#${DIGITS}?utm_source=chat&utm_id=123`,
    `#${DIGITS}%26fbclid%3DIwAR012`,
    `#${DIGITS}/`,
    `##${DIGITS}`,
    `#%23${DIGITS}`,
    `#%2523${DIGITS}`,
    `#/${DIGITS}`,
    `#fingerprint=${DIGITS}`,
    `#“${DIGITS}”`,
  ])
    assert.deepEqual(readFingerprint(fragment), { kind: "whole", digits: DIGITS }, fragment);
});

test("an incomplete fingerprint is refused", () => {
  for (const fragment of [
    `#${DIGITS.slice(1)}`,
    `#${DIGITS}1`,
    `#${DIGITS} 1`,
    "#1",
    "#٣",
    `#${DIGITS.slice(0, 4)}`,
    `#${DIGITS.slice(0, 20)}…`,
    `#${DIGITS.slice(0, 20)}x${DIGITS.slice(20)}`,
    `#${DIGITS.slice(0, 39)}O`,
    `#O${DIGITS.slice(1)}`,
    `#${DIGITS}${DIGITS}`,
    `#.${DIGITS.slice(2)}`,
    `#${DIGITS.slice(0, 30)}%`,
    `#${DIGITS.slice(0, 30)}%2`,
    `#${DIGITS.slice(0, 30)}&fbclid=IwAR0123456789`,
    `#x=${DIGITS.slice(0, 25)}`,
  ])
    assert.deepEqual(readFingerprint(fragment), { kind: "broken" }, fragment);
});

test("a fragment of another kind names no group", () => {
  for (const fragment of [
    "",
    "#",
    "#main",
    "#need-days-7",
    "#fbclid=IwAR0123456789",
    "#xtor=CS3-33-1234",
    "#%",
    "#%zz",
  ])
    assert.deepEqual(readFingerprint(fragment), { kind: "none" }, fragment);
});

test("an address with %23 for # is repaired by the page, and never leads to another host", () => {
  const repaired = (pathname: string, search = ""): string | null => repairedAddress({ pathname, search });
  assert.equal(repaired(`/en/%23${DIGITS}`), `/en/#${DIGITS}`);
  assert.equal(repaired(`/en%23${DIGITS}`), `/en#${DIGITS}`);
  assert.equal(repaired(`/%23${DIGITS}`), `/#${DIGITS}`);
  assert.equal(repaired(`/ar/return/%2523${DIGITS}.`), `/ar/return/#${DIGITS}.`);
  assert.equal(repaired(`/en/%23${DIGITS}`, "?fbclid=1"), `/en/#${DIGITS}?fbclid=1`);
  assert.equal(repaired(`/en/%23${DIGITS.slice(1)}`), `/en/#${DIGITS.slice(1)}`);
  assert.equal(repaired(`/en/desk/enrol/%23token-_1.${DIGITS}`), `/en/desk/enrol/#token-_1.${DIGITS}`);
  assert.equal(repaired(`//evil.example/%23${DIGITS}`), `/evil.example/#${DIGITS}`);
  assert.equal(repaired(`/\\evil.example/%23${DIGITS}`), `/evil.example/#${DIGITS}`);
  for (const path of ["/en/", "/en/nothing/", "/en/%23", "/en/%23main", "/en/%20"]) assert.equal(repaired(path), null);
});
