/** A text that somebody wrote to slow down its reader. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { partsOf } from "../../page/text_parts.js";
import { takesLessThan } from "./takes.js";

test("a long hostile text takes little time", () => {
  takesLessThan(2_000, () => {
    for (const unit of ["a", "1", "1 ", "a@", "a.", "(1)", "www.)", "1/", "1,", "1234567/", "a@b."]) {
      const text = unit.repeat(65_536 / unit.length);
      assert.equal(
        partsOf(text)
          .map((part) => part.text)
          .join(""),
        text,
      );
    }
  });
});
