/**
 * The quick exit, on every page: the button, the first link, or Shift three times. The screen is emptied first, then this site is told to
 * let go of what the browser keeps of it (Clear-Site-Data), and a harmless page takes this one's place. Nothing is counted.
 */
const TIMES = 3;
const WITHIN = 5_000; // ms
const PATIENCE = 150; // ms for the history to rewind

let leaving = false;
const pressed: number[] = [];

/** Whether somebody is leaving: whoever listens to this page's history lets it go. */
export const gone = (): boolean => leaving;

function leave(link: HTMLAnchorElement): void {
  if (leaving) return;
  leaving = true;
  const [forget, to] = [link.href, document.getElementById("exit")?.dataset.to ?? link.href];
  const depth = Number((history.state as { depth?: unknown } | null)?.depth ?? 0);
  document.title = "…";
  document.documentElement.replaceChildren();
  // A post, because it ends a desk's session; a beacon where `keepalive` is unknown (Firefox before 133).
  const options: RequestInit = { method: "POST", keepalive: true, redirect: "manual", credentials: "same-origin" };
  if ("keepalive" in Request.prototype || !navigator.sendBeacon(forget))
    void fetch(forget, options).catch(() => undefined);
  const go = (): void => location.replace(to);
  if (!depth) return go();
  // Back to this page's first entry, so that the harmless one takes its place; what is left can only lead to an empty form.
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
addEventListener("keyup", (event) => {
  if (event.key !== "Shift") return void (pressed.length = 0);
  pressed.push(event.timeStamp);
  if (pressed.length > TIMES) pressed.shift();
  const link = links()[0];
  if (pressed.length === TIMES && event.timeStamp - pressed[0]! < WITHIN && link) leave(link);
});
// First of all listeners: no question whether one is sure.
addEventListener("beforeunload", (event) => leaving && event.stopImmediatePropagation(), { capture: true });
addEventListener("pageshow", (event) => event.persisted && leaving && location.reload());
