/** A search finds a word in every spelling. The letters are CLDR 46's exemplar characters (© Unicode, Unicode-3.0). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { folded } from "../../page/folded.js";
import exemplars from "./exemplars.json";

const LATIN = "az cs da de es fil fr ha hr hu is lt mt nb pl pt ro so sq sv sw tr vi yo".split(" ");
const letters = (language: string): string[] => {
  const set = (exemplars as Record<string, string>)[language]!.slice(1, -1);
  return [...set.matchAll(/\{([^}]+)\}|(\P{White_Space}\p{M}*)/gu)].map((match) => match[1] ?? match[2]!);
};
const alike = (...spellings: string[]) => {
  for (const spelling of spellings) assert.equal(folded(spelling), folded(spellings[0]!), spelling);
};

test("a keyboard with the letters a to z finds every letter of the languages in Latin script", () => {
  for (const language of LATIN)
    for (const letter of letters(language)) assert.match(folded(letter), /^[a-z']+$/, letter);
});

test("capital and small letters of every language are the same", () => {
  for (const language of Object.keys(exemplars))
    for (const letter of letters(language)) alike(letter, letter.toUpperCase(), letter.toLocaleUpperCase(language));
});

test("a folded text folds to itself, and no letter folds to nothing", () => {
  for (const language of Object.keys(exemplars)) {
    for (const letter of letters(language)) {
      assert.equal(folded(folded(letter)), folded(letter), letter);
      if (/\p{L}/u.test(letter)) assert.notEqual(folded(letter), "", letter);
    }
  }
});

test("letters that Arabic, Persian, Urdu and Pashto keyboards type for one another are the same", () => {
  alike("كريم", "کریم", "ڪريم", "كـريـم", "كَرِيم", "ﻛﺮﻳﻢ");
  alike("على", "علي", "علی");
  alike("فاطمة", "فاطمه", "فاطمہ", "فاطمۃ");
  alike("أحمد", "احمد", "إحمد", "آحمد", "ٱحمد");
  alike("می‌خواهم", "میخواهم");
  alike("مسؤول", "مسوول");
  alike("ګل", "گل");
});

test("Latin, Cyrillic, Greek and Devanagari spellings without their special letters are the same", () => {
  alike("Łódź", "lodz");
  alike("Đorđe", "dorde");
  alike("Straße", "STRASSE", "strasse");
  alike("Søren Ærø", "soren aero");
  alike("ILGIN", "ılgın", "ilgin", "İLGİN");
  alike("Nguyễn Thị Ánh Đào", "nguyen thi anh dao");
  alike("Їжак", "їжак", "іжак");
  alike("Ґанок", "ганок");
  alike("Ёлка", "елка");
  alike("ΣΟΦΟΣ", "σοφος", "σοφός");
  alike("ज़रूरत", "जरूरत");
  alike("ｍｉｌｋ", "milk");
  alike("м’ята", "м'ята");
});

test("the vowel signs of Indic scripts are kept, because they change the word", () => {
  assert.notEqual(folded("दिन"), folded("दान"));
  assert.notEqual(folded("কাল"), folded("কিল"));
});

test("digits of every script are the same", () => {
  for (const digits of ["٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "০১২৩৪৫৬৭৮৯", "੦੧੨੩੪੫੬੭੮੯", "０１２３４５６７８９"]) {
    assert.equal(folded(digits), "0123456789");
  }
});
