/**
 * Make the page's title the group's name while a page is printed, also from the browser's menu, if `applies`. Browsers print
 * the title above the page and name files after it.
 */
export function titlePrints(applies: () => boolean): void {
  addEventListener("beforeprint", () => {
    if (!applies()) return;
    const { title } = document;
    document.title = document.querySelector(".group bdi")!.textContent;
    addEventListener("afterprint", () => (document.title = title), { once: true });
  });
}
