/**
 * The quick exit, on every page: the button, the first link, or three lone taps of Shift.
 *
 * It empties the screen, tells this site to clear what the browser stores of it (Clear-Site-Data), and opens a
 * harmless page instead. Nothing is counted.
 */
import { onThreeShiftTaps } from "./shift_taps.js";

const PATIENCE = 150; // ms for the history to go back

let leaving = false;

/** Return whether somebody is leaving. Other listeners to the history then do nothing. */
export const isLeaving = (): boolean => leaving;

function leave(link: HTMLAnchorElement): void {
  if (leaving) return;
  leaving = true;
  const [forget, to] = [link.href, document.getElementById("exit")?.dataset.to ?? link.href];
  const depth = Number((history.state as { depth?: unknown } | null)?.depth ?? 0);
  document.title = "…";
  document.documentElement.replaceChildren();
  // A POST, because it ends a desk's session. Firefox before 133 lacks `keepalive` and needs a beacon.
  const options: RequestInit = { method: "POST", keepalive: true, redirect: "manual", credentials: "same-origin" };
  if ("keepalive" in Request.prototype || !navigator.sendBeacon(forget))
    void fetch(forget, options).catch(() => undefined);
  const go = (): void => location.replace(to);
  if (!depth) return go();
  // Go back to this page's first entry, which the harmless page replaces. Forward then leads to an empty form only.
  addEventListener("popstate", go, { once: true });
  history.go(-depth);
  setTimeout(go, PATIENCE);
}

const links = (): HTMLAnchorElement[] => [...document.querySelectorAll<HTMLAnchorElement>("a[data-exit]")];
for (const link of links()) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    leave(link);
  });
}
onThreeShiftTaps(() => {
  const link = links()[0];
  if (link) leave(link);
});
// As the first listener: do not ask for confirmation.
addEventListener("beforeunload", (event) => leaving && event.stopImmediatePropagation(), { capture: true });
addEventListener("pageshow", (event) => event.persisted && leaving && location.reload());
