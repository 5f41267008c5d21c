/** The newest enrolment link of a member, while it is on the screen, and who used it. */
import { sha256 } from "@noble/hashes/sha2.js";
import { b64, utf8 } from "../../crypto/encoding.js";

/** What the server says about a member's newest link. It stores only a hash of the link's token. */
export interface StoredInvite {
  hash: string;
  used: boolean;
}

/**
 * - `none`: no link was made in this session.
 * - `open`: the link can be used.
 * - `used`: somebody used it. `invitee` is the candidate who appeared at the same time, or empty if several did.
 * - `void`: it has expired, or another one replaced it.
 */
export type InvitationStage = "none" | "open" | "used" | "void";

export class Invitation {
  stage: InvitationStage = "none";
  invitee = "";
  private hash = "";

  constructor(
    /** The link. It is dropped as soon as it does not work any more. */
    public link = "",
    token = "",
  ) {
    if (!link) return;
    this.stage = "open";
    this.hash = b64(sha256(utf8(token)));
  }

  /** Follow what the server says. `appeared` are the candidates that the last answer did not have. */
  follow(stored: StoredInvite | null, appeared: string[]): void {
    if (this.stage !== "open") return;
    if (stored?.hash !== this.hash) this.stage = "void";
    else if (stored.used) {
      this.stage = "used";
      if (appeared.length === 1) this.invitee = appeared[0]!;
    } else return;
    this.link = "";
  }
}
