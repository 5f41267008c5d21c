/** Phone numbers and addresses in what people wrote, over the same cases as tests/site/test_text_parts.py. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type PartKind, partsOf } from "../../page/text_parts.js";

interface Cases {
  phone: [string, string, string][];
  phones: [string, string[]][];
  "no phone": string[];
  mail: [string, string, string][];
  web: [string, string][];
  text: string[];
}

const cases = JSON.parse(readFileSync(`${process.env["VECTORS"]!}/../site/text_parts.json`, "utf8")) as Cases;

const found = (text: string, kind: PartKind): [string, string][] =>
  partsOf(text)
    .filter((part) => part.kind === kind)
    .map(({ text: words, target }): [string, string] => [words, target]);

test("a phone number is found in any format and script, with the digits to dial", () => {
  for (const [text, number, target] of cases.phone) assert.deepEqual(found(text, "phone"), [[number, target]], text);
});

test("two numbers are two, whatever is between them", () => {
  for (const [text, numbers] of cases.phones)
    assert.deepEqual(
      found(text, "phone").map(([number]) => number),
      numbers,
      text,
    );
});

test("dates, times, sums, short numbers and parts of words are no phone numbers", () => {
  for (const text of cases["no phone"]) assert.deepEqual(found(text, "phone"), [], text);
});

test("an e-mail address is found, and nothing in it can add a header to the message", () => {
  for (const [text, mail, target] of cases.mail) assert.deepEqual(found(text, "mail"), [[mail, target]], text);
  assert.deepEqual(found("sam@example.org?bcc=x@example.net", "mail"), [
    ["sam@example.org", "sam@example.org"],
    ["x@example.net", "x@example.net"],
  ]);
});

test("a web address is found without the end of its sentence, and has no target", () => {
  for (const [text, address] of cases.web) assert.deepEqual(found(text, "web"), [[address, ""]], text);
});

test("other text stays one text, and no part of a text is lost", () => {
  for (const text of cases.text) assert.equal(partsOf(text).length, Number(text !== ""), text);
  const all =
    [...cases.phone, ...cases.mail, ...cases.web].map(([text]) => text).join(" ") + cases["no phone"].join(" ");
  assert.equal(
    partsOf(all)
      .map(({ text }) => text)
      .join(""),
    all,
  );
});
