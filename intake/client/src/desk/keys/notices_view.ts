/** Show where this member gets notices. */
import { html, nothing, type TemplateResult } from "lit";
import { hint, isTicked, valueOf } from "../../page/elements.js";
import { flag, list, object, type Of, text } from "../../crypto/shape.js";
import { ask, Problem } from "../../net/api.js";
import { pageLanguage, t } from "../../page/i18n.js";
import { actionButton } from "../action_button.js";
import type { Said } from "../action_states.js";
import type { Actions } from "../actions.js";

const shape = object({ notices: list(object({ id: text, kind: text, fault: text, daily: flag })), kinds: list(text) });
export interface NoticesState {
  url: string;
  daily: boolean;
  settings: Of<typeof shape> | null;
}

/** Load the addresses. Called when the view is shown. */
export const loadNotices = async (state: NoticesState): Promise<void> => {
  state.settings = await ask("GET", "/api/desk/notices", shape);
};

/** Return why nothing is sent to an address, or an empty text if notices are sent. */
function refusal(fault: string): string {
  switch (fault) {
    case "":
      return "";
    case "kind":
      return t("Nothing is sent there: this server sends no notices to this kind of service.");
    case "host":
      return t("Nothing is sent there: this server sends no notices to this host.");
    case "option":
      return t("Nothing is sent there: the address has an option that is not allowed. Enter it without the option.");
    default:
      return t("Nothing is sent there: the address is not complete.");
  }
}

/** Add the typed address. An address that is refused stays in its field. */
async function add(state: NoticesState): Promise<Said> {
  try {
    await ask("POST", "/api/desk/notices", object({ id: text }), {
      url: state.url.trim(),
      language: pageLanguage(),
      daily: state.daily,
    });
  } catch (error) {
    const fault = error instanceof Problem ? error.fault : "";
    if (fault) return () => refusal(fault);
    throw error;
  }
  Object.assign(state, { url: "", daily: false });
  return () => t("It is kept.");
}

export function noticesView(state: NoticesState, actions: Actions): TemplateResult | typeof nothing {
  const { settings } = state;
  if (!settings || !settings.kinds.length) return nothing;
  const act = (work: () => Promise<Said>) => async (): Promise<void> => {
    const message = await work();
    await loadNotices(state);
    actions.draw({ message });
  };
  return html`<h2>${t("Notices")}</h2>
    <p>${t(
      "Say where, and you are told that something waits at the desk: those words alone, together with others and not at once, so that they do not tell who wrote when.",
    )}</p>
    ${settings.notices.map(
      (
        notice,
      ) => html`<p><span dir="ltr">${notice.kind}</span> ${notice.daily ? t("with the daily reminder") : ""} ${refusal(notice.fault)}
      ${
        notice.fault
          ? nothing
          : actionButton(actions, {
              name: `try notice ${notice.id}`,
              kind: "link",
              words: t("Try it"),
              work: act(async () => {
                const { sent } = await ask("POST", `/api/desk/notices/${notice.id}/try`, object({ sent: flag }), {});
                return () => (sent ? t("A notice was sent.") : t("The notice did not go out."));
              }),
            })
      }
      ${actionButton(actions, {
        name: `remove notice ${notice.id}`,
        kind: "link",
        words: t("Remove"),
        work: act(async () => {
          await ask("DELETE", `/api/desk/notices/${notice.id}`, object({ removed: flag }));
          return () => t("It is removed.");
        }),
      })}</p>`,
    )}
    <div class="field"><label for="notice">${t("An address")}</label>
      <p class="hint" id="notice-hint">${t("For example: ntfys://example.org/topic. Allowed here: %(kinds)s.", {
        kinds: settings.kinds.join(", "),
      })}</p>
      <input id="notice" type="text" dir="ltr" autocomplete="off" autocapitalize="none" spellcheck="false"
        placeholder="ntfys://…" aria-describedby="notice-hint" .value=${state.url}
        @input=${(event: Event) => (state.url = valueOf(event))}></div>
    <label class="choice"><input type="checkbox" .checked=${state.daily}
      @change=${(event: Event) => (state.daily = isTicked(event))}> ${t("Remind me there every day")}</label>
    ${hint(
      t(
        "The daily reminder comes whether or not anything is due, so that our computer does not learn who has a follow-up.",
      ),
    )}
    <div class="actions">${actionButton(actions, {
      name: "add notice",
      words: t("Tell me there"),
      work: act(() => add(state)),
    })}</div>`;
}
