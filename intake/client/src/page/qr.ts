/** Draw QR codes. */
import encodeQR from "qr";
import { html, svg, type TemplateResult } from "lit";

const QUIET = 4; // modules of white border, as ISO/IEC 18004 requires

/** Draw a code. A screen reader reads `about`. */
export function qr(text: string, about: string): TemplateResult {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: QUIET });
  const dark = rows.flatMap((row, y) => row.map((set, x) => (set ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return html`<svg class="qr" viewBox="0 0 ${rows.length} ${rows.length}" role="img" aria-label=${about} shape-rendering="crispEdges">
    ${svg`<rect width="100%" height="100%" fill="#fff"></rect><path d=${dark} fill="#000"></path>`}</svg>`;
}
