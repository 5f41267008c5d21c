/** The group: its fingerprint, who is in it, inviting, comparing digits, enrolling. */
import { html, nothing, type TemplateResult } from "lit";
import { has } from "../crypto/encoding.js";
import { inGroups } from "../crypto/digits.js";
import { copy } from "../dom.js";
import { dayInWords, t } from "../words.js";
import type { Member, Waiting } from "./group.js";

export interface Doing {
  attempt: (work: () => Promise<void>) => Promise<void>;
  draw: (change?: { said?: string }) => void;
}

export function groupView(me: Member, { attempt, draw }: Doing): TemplateResult {
  const { keys } = me.group;
  return html`
    <h1 tabindex="-1">${t("Group")}</h1>
    <h2>${t("The group's fingerprint")}</h2>
    <p class="code long" dir="ltr" translate="no">${inGroups(keys.fingerprint.replaceAll(" ", ""))}</p>
    <h2>${t("Coordinators")}</h2>
    <ul>${[...keys.members.keys()].map((member) => html`<li dir="auto">${me.nameOf(member)}${member === me.id ? ` (${t("you")})` : nothing}</li>`)}</ul>
    ${pending(me, attempt, draw)}
    ${me.waiting.length ? html`<h2>${t("Waiting to be let in")}</h2>${me.waiting.map((one) => waiting(me, one, attempt, draw))}` : nothing}
    <h2>${t("Invite a colleague")}</h2>
    <p>${t("The link works once and for three days. Give it to them in a way that you trust.")}</p>
    <div class="actions">
      <button type="button" class="secondary" @click=${() => void attempt(async () => { await me.invite(); draw(); })}>${t("Make a link")}</button>
      ${me.invitation ? html`<button type="button" class="secondary" @click=${() => void copy(me.invitation).then((done) => draw({ said: done ? t("Copied. Other apps on this device may read it.") : t("It could not be copied.") }))}>${t("Copy")}</button>` : nothing}
    </div>
    ${me.invitation ? html`<p class="digits" dir="ltr" id="invite">${me.invitation}</p>` : nothing}`;
}

function waiting(me: Member, one: Waiting, attempt: Doing["attempt"], draw: Doing["draw"]): TemplateResult {
  return html`<section class="entry">
    <p><strong dir="auto">${one.name}</strong></p>
    <p>${t("Ask them for their digits, by voice or side by side. Let them in only if all are the same.")}</p>
    <p class="code long" dir="ltr" translate="no">${one.fingerprint}</p>
    <div class="actions"><button type="button" @click=${() => void attempt(async () => { await me.enrol(one); draw({ said: t("It is signed.") }); })}>${t("They are the same: let them in")}</button></div>
  </section>`;
}

function pending(me: Member, attempt: Doing["attempt"], draw: Doing["draw"]): TemplateResult | typeof nothing {
  const found = me.group.keys.pending;
  if (!found) return nothing;
  const { body } = found;
  const mine = has(found.entry.signatures, me.id);
  const what = body.kind === "enrol" ? t("Someone new is let in") : body.kind === "remove" ? t("Someone is removed") : t("A rule of the group is changed");
  return html`<div class="notice">
    <p>${what}: ${t("signed by one of two. It takes effect on %(day)s unless the other stops it.", { day: dayInWords(found.effective) })}</p>
    ${mine ? nothing : html`<button type="button" class="danger" @click=${() => void attempt(async () => { await me.stop(); draw({ said: t("It is stopped.") }); })}>${t("Stop it")}</button>`}
  </div>`;
}
