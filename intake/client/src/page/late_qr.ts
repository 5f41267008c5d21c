/** Load the code that draws QR codes when it is needed, so that the page that locks a request is small. */
import type * as drawing from "./qr.js";
import { find } from "./dom.js";

const load = async (): Promise<typeof drawing> =>
  (await import(JSON.parse(find("qr-code").textContent) as string)) as typeof drawing;

/** Load it while the person types, so that it is available if the connection drops later. */
export function preload(): void {
  document.addEventListener("input", () => void load().catch(() => undefined), { once: true });
}

/** Draw a code. Without a connection, return null: the page also shows the address as text. */
export async function drawQr(text: string, about: string): Promise<SVGElement | null> {
  try {
    return (await load()).qr(text, about);
  } catch {
    return null;
  }
}
