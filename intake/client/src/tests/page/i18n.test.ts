/** A value in a sentence does not change the order of the words around it on a page that is written from the right. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { joined, t, useCatalogue } from "../../page/i18n.js";

const written = (dir: string, value: string): string => {
  (globalThis as { document?: unknown }).document = { documentElement: { dir, lang: "xx" } };
  useCatalogue("{}");
  return t("Keep %(name)s here", { name: value });
};

test("a value is isolated on a page that is written from the right, and only there", () => {
  assert.equal(written("rtl", "Sam (2)"), "Keep \u2068Sam (2)\u2069 here");
  assert.equal(written("ltr", "Sam (2)"), "Keep Sam (2) here");
});

test("a value that is isolated already is not isolated twice", () => {
  assert.equal(written("rtl", "\u2066+1 555 0100\u2069"), "Keep \u2066+1 555 0100\u2069 here");
});

test("names in Arabic are joined without a Latin comma", () => {
  const inLanguage = (lang: string): string => {
    (globalThis as { document?: unknown }).document = { documentElement: { dir: "ltr", lang } };
    return joined(["sam", "kim", "lee"]);
  };
  assert.equal(inLanguage("en"), "sam, kim, lee");
  assert.doesNotMatch(inLanguage("ar"), /,/);
});
