/**
 * Draw the receipt's digits and stretch them while the person still types. Without WebAssembly and without a compiler for
 * JavaScript (Tor Browser at "Safer"), stretching takes a minute. The digits are in memory only.
 */
import * as receipt from "../crypto/receipt.js";

export interface Stretched {
  code: string;
  opened: receipt.Receipt;
}

type OnProgress = (done: number) => void;

export class EarlyReceipt {
  private drawn: { group: string; stretched: Promise<Stretched> } | null = null;
  private onProgress: OnProgress = () => undefined;

  /** Begin, unless stretching has begun for this group. */
  begin(group: string): Promise<Stretched> {
    if (this.drawn?.group !== group) {
      const code = receipt.generate();
      const opening = receipt.stretch(code, group, (done) => this.onProgress(done));
      const stretched = opening.then((opened) => ({ code, opened }));
      stretched.catch(() => this.forget()); // begin again at the next try
      this.drawn = { group, stretched };
    }
    return this.drawn.stretched;
  }

  /** Return the receipt once it is stretched. Call `forget` as soon as something may be stored under it. */
  async take(group: string, onProgress: OnProgress): Promise<Stretched> {
    this.onProgress = onProgress;
    try {
      return await this.begin(group);
    } finally {
      this.onProgress = () => undefined;
    }
  }

  /** Draw a new receipt the next time, because each request has its own. */
  forget(): void {
    this.drawn = null;
  }
}
