/** Time operations in a browser for `make bench`: the median of several runs, in milliseconds. */
import * as age from "../crypto/age/age.js";
import * as entry from "../crypto/entry.js";
import * as receipt from "../crypto/receipt.js";
import { newId } from "../crypto/encoding.js";
import { useWorker } from "../page/argon2id.js";

async function median(times: number, work: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const before = performance.now();
    await work();
    took.push(performance.now() - before);
  }
  return took.sort((a, b) => a - b)[Math.floor(times / 2)]!;
}

async function measure(): Promise<Record<string, number>> {
  const [key, forReceipt, id] = [await age.newIdentity(), await age.newIdentity(), newId()];
  const macKey = entry.sharedMacKey(age.seedOf(key), id);
  const position = { case: id, sequence: "shared" as const, number: 0 };
  const content: entry.Request = {
    form: "bench",
    language: "en",
    direction: "need",
    answers: [{ question: "words", text: "", values: ["x".repeat(500)], labels: [] }],
    contact: {
      how: "",
      voicemail: "",
      say_who: "",
      safe_time: "",
      return_only: false,
      text_message: "",
      who_else: "",
      call_language: "",
    },
    name: "",
    deletion: "2026-12-01",
    shown: true,
    recipients: { case: key.recipient, receipt: forReceipt.recipient },
    sealed_by: "browser",
  };
  const seal = (): Promise<Uint8Array> =>
    entry.seal({
      position,
      kind: "request",
      content,
      day: "2026-11-21",
      previous: "",
      recipients: [key.recipient, forReceipt.recipient],
      macKey,
    });
  const file = await seal();
  const stretch = (): Promise<unknown> => receipt.stretch(receipt.generate(), newId());
  const inThePage = await median(5, stretch);
  useWorker();
  return {
    stretch: inThePage,
    stretchInWebAssembly: await median(5, stretch),
    seal: await median(21, seal),
    open: await median(21, () => entry.open(file, position, [key], new Map([[0, macKey]]), () => "")),
  };
}

(globalThis as unknown as { measure: typeof measure }).measure = measure;
