/** Let the browser ask before a page is closed that would lose something. */
export function askBeforeLeaving(wouldLose: () => boolean): void {
  addEventListener("beforeunload", (event) => {
    if (wouldLose()) event.preventDefault();
  });
}
