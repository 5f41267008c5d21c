/** Find the digits in a receipt that was copied whole, with its address and its date. */
import * as receipt from "../crypto/receipt.js";

/** Put only the digits of a pasted receipt into a field. A field of one line would join them with the other lines. */
export function acceptWholeReceipt(field: HTMLInputElement): void {
  field.addEventListener("paste", (event) => {
    const line = digitsOf(event.clipboardData?.getData("text") ?? "");
    if (line === null) return;
    event.preventDefault();
    field.value = line;
  });
}

/** Return the line of a copied receipt that has its digits. Returns null for a text of one line. */
function digitsOf(copied: string): string | null {
  const lines = copied.trim().split(/\r?\n/u);
  const isReceipt = (line: string): boolean => {
    try {
      return receipt.normalise(line) !== "";
    } catch {
      return false;
    }
  };
  return lines.length > 1 ? (lines.find(isReceipt) ?? null) : null;
}
