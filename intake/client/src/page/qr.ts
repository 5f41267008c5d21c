/** Draw QR codes. */
import encodeQR from "qr";

const QUIET = 4; // modules of white border, as ISO/IEC 18004 requires

/** Draw a code. A screen reader reads `about`. */
export function qr(text: string, about: string): SVGElement {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: QUIET });
  const dark = rows.flatMap((row, y) => row.map((set, x) => (set ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  const drawing = shape("svg", {
    class: "qr",
    viewBox: `0 0 ${rows.length} ${rows.length}`,
    role: "img",
    "aria-label": about,
    "shape-rendering": "crispEdges",
  });
  drawing.append(
    shape("rect", { width: "100%", height: "100%", fill: "#fff" }),
    shape("path", { d: dark, fill: "#000" }),
  );
  return drawing;
}

function shape(name: string, attributes: Record<string, string>): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  return element;
}
