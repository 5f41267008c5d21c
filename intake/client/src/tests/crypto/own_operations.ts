/** What the vectors give and expect for files that a member encrypts for themselves, and what a person sees of a case. */
import * as age from "../../crypto/age/age.js";
import type * as protocol from "../../crypto/case/case.js";
import * as draft from "../../crypto/draft.js";
import { unb64 } from "../../crypto/encoding.js";
import * as keyring from "../../crypto/keyring.js";

/** The input of a vector: texts by name. */
type Input = Record<string, string>;

export const identity = (secret: string): Promise<age.Identity> =>
  age.identityFromSeed(age.seedOf({ secret, recipient: "" }));

/** What a person sees of a case. */
export const shown = (opened: protocol.OpenCase | protocol.OwnCase): object => ({
  warnings: opened.warnings.map((warning) => [warning.kind, warning.sequence ?? "", warning.number, warning.reason]),
  hold: opened.hold ? [opened.hold.until, opened.hold.reason, opened.hold.by, opened.hold.inForce] : null,
  progress: [opened.progress.stage, opened.progress.day],
  ...("onBehalf" in opened && opened.onBehalf ? { writer: opened.onBehalf } : {}),
});

export const ownOperations = {
  keyring: async ({ file, identity: secret, group, member, handle }: Input): Promise<unknown> => {
    const opened = await keyring.open(unb64(file!), await identity(secret!), group!, member!, handle!);
    return { number: opened.number, signing: opened.signing, epoch: opened.epochs[0]!.id };
  },
  draft: async ({ file, signing, case: id, member }: Input): Promise<unknown> => {
    const { after, fields } = await draft.open(unb64(file!), id!, { member: member!, seed: unb64(signing!, 32) });
    return { after, fields };
  },
};
