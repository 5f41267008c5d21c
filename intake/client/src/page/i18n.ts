/** What the client says: English in the source, the page's language from the catalogue that the page carries. */
const element = document.getElementById("words");
const { "": dates, ...catalogue } = JSON.parse(element?.textContent || "{}") as Partial<Record<string, string>> & {
  ""?: string[];
};

export const language = document.documentElement.lang || "en";

/** The message in the page's language. `%(name)s` is replaced by what is given under that name. */
export function t(message: string, values: Record<string, string> = {}): string {
  const found = catalogue[message] ?? message;
  return found.replace(/%\((\w+)\)s/g, (whole, name: string) => values[name] ?? whole);
}

/** A day as people write it: by the page's own pattern and months (CLDR), since an old phone may not know the language. */
export function dayInWords(day: string): string {
  const [y, month, d] = day.split("-").map(Number);
  const [pattern, ...months] = dates ?? [];
  if (!pattern) return day;
  const said: Record<string, string> = { d: String(d), M: String(month), MMMM: months[month! - 1]!, y: String(y) };
  return pattern.replace(/'([^']*)'|MMMM|d|M|y/g, (part, quoted: string) => said[part] ?? quoted);
}
