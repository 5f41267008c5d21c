/** Escape what people typed: show invisible characters, and those that change the text's direction, by their number. */

// Joiners count after a letter, a mark or an emoji. Flags are tags after a black flag.
const JOINED =
  /[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}][\u200c\u200d]+|\u{1f3f4}[\u{e0020}-\u{e007f}]+/gu;
// eslint-disable-next-line no-misleading-character-class -- each is meant by itself
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\u2028\u2029\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0]/gu;
const PLAIN = new Set(["\n", "\t", "\r"]);

/** Escape a person's name, and isolate it, so that its direction does not change the order of the words around it. */
export const isolatedName = (name: string): string => `\u2068${escapeText(name)}\u2069`;

/** Escape a text for display. A copy of it has the numbers, not the characters. */
export function escapeText(text: string): string {
  const joiners = new Set<number>();
  for (const { 0: run, index } of text.matchAll(JOINED))
    for (let at = index; at < index + run.length; at++) joiners.add(at);
  return text.replace(UNSEEN, (character, at: number) =>
    PLAIN.has(character) || joiners.has(at)
      ? character
      : `‹U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}›`,
  );
}
