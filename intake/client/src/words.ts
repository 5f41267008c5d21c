/** What the client says: English in the source, the page's language from the catalogue that the page carries. */
const element = document.getElementById("words");
const catalogue = JSON.parse(element?.textContent || "{}") as Record<string, string>;

export const language = document.documentElement.lang || "en";

/** The message in the page's language. `%(name)s` is replaced by what is given under that name. */
export function t(message: string, values: Record<string, string> = {}): string {
  const found = catalogue[message] ?? message;
  return found.replace(/%\((\w+)\)s/g, (whole, name: string) => values[name] ?? whole);
}

/** A day as people write it. */
export const dayInWords = (day: string): string =>
  new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC", numberingSystem: "latn" }).format(new Date(`${day}T00:00:00Z`));
