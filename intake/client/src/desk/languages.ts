/** The languages of the page, by their own names. */

/** Return the name of each language by its code, from the page's list of languages. */
export const languages = (): Map<string, string> =>
  new Map(
    [...document.querySelectorAll<HTMLElement>(".languages [lang]")].map(({ lang, textContent }) => [
      lang,
      textContent,
    ]),
  );

export const languageName = (code: string): string => languages().get(code) ?? code;
