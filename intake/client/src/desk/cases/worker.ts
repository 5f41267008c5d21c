/** A worker that opens rows of the desk's list. It receives epoch keys and rows, and stores nothing. */
import * as age from "../../crypto/age/age.js";
import { useNative } from "../../crypto/ed25519.js";
import { nativeEquation } from "../../crypto/ed25519_native.js";
import { unb64 } from "../../crypto/encoding.js";
import { CryptoError } from "../../crypto/errors.js";
import { nativeOpener } from "../../crypto/age/native.js";
import type { VerifiedGroup } from "../../crypto/case/sequence.js";
import { type Listed, open, type Row } from "./rows.js";

export interface Keys {
  member: string;
  epochs: { id: string; seed: string }[];
  group: VerifiedGroup;
}
export interface OpenTask {
  id: number;
  keys: Keys;
  rows: Listed[];
}
export interface OpenResult {
  id: number;
  rows: Row[];
  broken: number;
}

const AT_ONCE = 4;
age.useNative(nativeOpener);
const ready = nativeEquation().then(useNative);
const scope = self as unknown as {
  onmessage: (event: { data: OpenTask }) => void;
  postMessage: (answer: OpenResult) => void;
};

scope.onmessage = ({ data }) => void answer(data);

async function answer({ id, keys, rows }: OpenTask): Promise<void> {
  await ready;
  const epochs = new Map(
    await Promise.all(
      keys.epochs.map(async (epoch): Promise<[string, age.Identity]> => [
        epoch.id,
        await age.opener(unb64(epoch.seed, 32)),
      ]),
    ),
  );
  const openRow = async (row: Listed): Promise<Row | null> => {
    try {
      const epoch = epochs.get(row.epoch);
      return epoch ? await open(row, keys.member, epoch, keys.group) : null;
    } catch (error) {
      if (error instanceof CryptoError) return null;
      throw error;
    }
  };
  const opened: (Row | null)[] = [];
  // A few rows at once keep the browser's cryptography busy. All at once would take too much memory.
  for (let i = 0; i < rows.length; i += AT_ONCE) {
    opened.push(...(await Promise.all(rows.slice(i, i + AT_ONCE).map(openRow))));
  }
  const good = opened.filter((row): row is Row => row !== null);
  scope.postMessage({ id, rows: good, broken: rows.length - good.length });
}
