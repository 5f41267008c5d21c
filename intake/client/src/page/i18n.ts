/** Translations: messages are English in the source. The page contains the catalogue of its language, by `keyOf`. */
interface Catalogue {
  messages: Partial<Record<string, string | string[]>>;
  /** The number of the plural form for each number from 0, as digits. The last digit counts for all that follow. */
  plurals: string;
  /** The pattern of a date (CLDR), and the names of the months. */
  dates: string[];
}

const ENGLISH = "101"; // nothing, one, many
const PERIOD = 100; // from which plural forms repeat, in every language of gettext
const KEYS = 36 ** 5; // so that a key has at most five characters
let catalogue: Catalogue | null = null;

/** Return the catalogue that the page contains. It is parsed at the first message. */
function pageCatalogue(): Catalogue {
  if (!catalogue) useCatalogue(document.getElementById("words")?.textContent || "{}");
  return catalogue!;
}

/** Use another catalogue from now on: the text that the page of another language carries. */
export function useCatalogue(text: string): void {
  const {
    "": dates = [],
    "%": plurals = ENGLISH,
    ...messages
  } = JSON.parse(text) as Record<string, string> & {
    ""?: string[];
  };
  catalogue = { messages, dates, plurals };
}

/** Return the page's language, as a BCP 47 tag. */
export const pageLanguage = (): string => document.documentElement.lang || "en";

/**
 * Return the key under which the page has a message: 32-bit FNV-1a over its code units. The English words of all
 * messages would take a tenth of the first page. intake/site/render.py computes the same keys and refuses equal ones.
 */
function keyOf(message: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < message.length; at++) hash = Math.imul(hash ^ message.charCodeAt(at), 0x01000193);
  return ((hash >>> 0) % KEYS).toString(36);
}

/** Translate a message. Each `%(name)s` is replaced by the value of that name. */
export function t(message: string, values: Record<string, string> = {}): string {
  return filled(String(pageCatalogue().messages[keyOf(message)] ?? message), values);
}

/** Translate a message that counts something, in the plural form of `number`. Its place is `%(num)s`. */
export function tn(one: string, many: string, number: number, values: Record<string, string> = {}): string {
  const { messages, plurals } = pageCatalogue();
  const forms = messages[keyOf(one)];
  const at = number < 2 * PERIOD ? number : PERIOD + (number % PERIOD);
  const form = Array.isArray(forms)
    ? forms[Number(plurals[Math.min(at, plurals.length - 1)])]
    : [many, one][Number(number === 1)];
  return filled(form ?? many, { num: String(number), ...values });
}

const filled = (text: string, values: Record<string, string>): string =>
  text.replace(/%\((\w+)\)s/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : isolate(value);
  });

/**
 * Isolate a value on a page that is written from the right, so that a name, a date or a number in it does not change the
 * order of the words around it (Unicode Bidirectional Algorithm, 2.4). A value with an isolate in it stays as it is.
 */
const isolate = (value: string): string =>
  document.documentElement.dir === "rtl" && !/[\u2066-\u2068]/.test(value) ? `\u2068${value}\u2069` : value;

/** Join names as the page's language does: Arabic, for example, has no Latin comma. */
export const joined = (parts: string[]): string => listFormat().format(parts);

/** Join names in the same way. Returns names and what stands between them, in turn. */
export const joinedParts = (parts: string[]): { type: "element" | "literal"; value: string }[] =>
  listFormat().formatToParts(parts);

const listFormat = (): Intl.ListFormat => new Intl.ListFormat(pageLanguage(), { type: "unit", style: "short" });

/** Format a day by the page's own pattern and months (CLDR), because an old phone may not know the language. */
export function formatDay(day: string): string {
  const [y, month, d] = day.split("-").map(Number);
  const [pattern, ...months] = pageCatalogue().dates;
  if (!pattern) return day;
  const fields: Record<string, string> = { d: String(d), M: String(month), MMMM: months[month! - 1]!, y: String(y) };
  return pattern.replace(/'([^']*)'|MMMM|d|M|y/g, (part, quoted: string) => fields[part] ?? quoted);
}
