/** Show what the group must attend to: cases that wait, keys that are overdue, members who are inactive. */
import { html, type TemplateResult } from "lit";
import { joined, t } from "../../page/i18n.js";
import { isDue } from "../keys/rotation_day.js";
import type { Member } from "../member/member.js";

export function alertsView(me: Member): TemplateResult {
  const { waiting, departed, inactive } = me.counts;
  const overdue = [...me.seats.keys()].filter((member) => isDue(me, member));
  const unable = [...me.group.keys.members.keys()].filter((member) => !me.seats.has(member));
  const names = (members: string[]): string => joined(members.map((member) => me.nameOf(member)));
  const lines = [
    waiting ? t("Cases that nobody has opened for two days: %(number)s.", { number: String(waiting) }) : "",
    departed.by_colleagues
      ? t("Cases of people who left that another holder moves at the next sign-in: %(number)s.", {
          number: String(departed.by_colleagues),
        })
      : "",
    departed.by_recovery
      ? t("Cases of people who left that only the recovery key can move: %(number)s.", {
          number: String(departed.by_recovery),
        })
      : "",
    departed.lost
      ? t("Cases of people who left that nobody can open any more: %(number)s.", { number: String(departed.lost) })
      : "",
    overdue.length ? t("Keys that should have been renewed: %(names)s.", { names: names(overdue) }) : "",
    unable.length
      ? t("Without valid keys, so no case can be given to them until they sign in: %(names)s.", {
          names: names(unable),
        })
      : "",
    inactive.length
      ? t("Not signed in for 30 days, and getting no new cases: %(names)s. You can propose to remove them.", {
          names: names(inactive),
        })
      : "",
    me.counts.backup_failed ? t("The last automatic backup failed. Tell the person who runs the server.") : "",
  ].filter(Boolean);
  return html`${lines.map((line) => html`<p class="notice" dir="auto">${line}</p>`)}`;
}
