/** Translations: messages are English in the source, and the page carries the catalogue of its language. */
interface Catalogue {
  messages: Partial<Record<string, string>>;
  /** The pattern of a date (CLDR), and the names of the months. */
  dates: string[];
}

let catalogue: Catalogue | null = null;

/** Return the catalogue that the page carries. It is parsed at the first message. */
function pageCatalogue(): Catalogue {
  if (!catalogue) {
    const text = document.getElementById("words")?.textContent || "{}";
    const { "": dates = [], ...messages } = JSON.parse(text) as Record<string, string> & { ""?: string[] };
    catalogue = { messages, dates };
  }
  return catalogue;
}

/** Return the page's language, as a BCP 47 tag. */
export const pageLanguage = (): string => document.documentElement.lang || "en";

/** Translate a message. Each `%(name)s` is replaced by the value of that name. */
export function t(message: string, values: Record<string, string> = {}): string {
  const translated = pageCatalogue().messages[message] ?? message;
  return translated.replace(/%\((\w+)\)s/g, (whole, name: string) => values[name] ?? whole);
}

/** Format a day by the page's own pattern and months (CLDR), because an old phone may not know the language. */
export function formatDay(day: string): string {
  const [y, month, d] = day.split("-").map(Number);
  const [pattern, ...months] = pageCatalogue().dates;
  if (!pattern) return day;
  const fields: Record<string, string> = { d: String(d), M: String(month), MMMM: months[month! - 1]!, y: String(y) };
  return pattern.replace(/'([^']*)'|MMMM|d|M|y/g, (part, quoted: string) => fields[part] ?? quoted);
}
