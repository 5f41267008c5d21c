/** The width of the window. The views of the desk differ where style sheets alone would make a page twice as long. */
const NARROW = "(max-width: 40rem)";
const WIDE = "(min-width: 84rem)"; // from which a list of 26 rem leaves a case its full width

export interface Screen {
  /** A phone: one thing at a time, filters folded away. */
  narrow: boolean;
  /** Room for the list and a case side by side. */
  wide: boolean;
}

export const screenNow = (): Screen => ({ narrow: matchMedia(NARROW).matches, wide: matchMedia(WIDE).matches });

/** Call back whenever the window becomes narrow or wide. */
export function watchScreen(changed: () => void): void {
  for (const query of [NARROW, WIDE]) matchMedia(query).addEventListener("change", changed);
}
