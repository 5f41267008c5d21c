/** Show the member's other sessions, and end them. */
import { html, nothing, type TemplateResult } from "lit";
import { list, object, type Of, text } from "../../crypto/shape.js";
import { ask } from "../../net/api.js";
import { formatDay, t } from "../../page/i18n.js";
import { actionButton } from "../action_button.js";
import type { Actions } from "../actions.js";

const shape = object({ others: list(text) });
export interface SessionsState {
  sessions: Of<typeof shape> | null;
}

/** Load the sessions. Called when the view is shown. */
export const loadSessions = async (state: SessionsState): Promise<void> => {
  state.sessions = await ask("GET", "/api/desk/sessions", shape);
};

export function sessionsView(state: SessionsState, actions: Actions): TemplateResult | typeof nothing {
  if (!state.sessions) return nothing;
  const { others } = state.sessions;
  return html`<h2>${t("Signed in elsewhere")}</h2>
    ${
      others.length === 0
        ? html`<p>${t("Nowhere else.")}</p>`
        : html`
      <p>${t("Other windows and devices: %(number)s, last used on %(day)s.", {
        number: String(others.length),
        day: formatDay(others[0]!),
      })}</p>
      <div class="actions">${actionButton(actions, {
        name: "end sessions",
        words: t("Sign them out"),
        work: async () => {
          state.sessions = await ask("DELETE", "/api/desk/sessions", shape);
          actions.draw({ message: () => t("Your other windows and devices are signed out. No case is lost.") });
        },
      })}</div>`
    }`;
}
