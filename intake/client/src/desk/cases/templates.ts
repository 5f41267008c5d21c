/** Reply templates: the text in the requester's language, with the fields that are known filled in. Pure. */
import type { Template } from "../../crypto/group_words.js";

const FIELD = /\{([^{}\n]{1,40})\}/gu;

/** Return the text in a language, or else in a related one, or else in the group's first language. */
export function textIn({ texts }: Template, language: string): Template["texts"][number] | undefined {
  const [base] = language.split("-");
  return (
    texts.find((text) => text.language === language) ??
    texts.find((text) => text.language.split("-")[0] === base) ??
    texts[0]
  );
}

/** Fill in the fields that have a value. The others stay, for the coordinator to fill in. */
export const filledIn = (text: string, values: Record<string, string>): string =>
  text.replace(FIELD, (field, name: string) => (Object.hasOwn(values, name) && values[name]) || field);

/** Return the first field that is not filled in, with its braces. */
export const firstField = (text: string): string => text.match(FIELD)?.[0] ?? "";
