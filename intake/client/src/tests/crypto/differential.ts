/** Run one operation per line of stdin and print its outcome: the browser's half of tests/fuzz/differential.py. */
import { createInterface } from "node:readline";
import { CryptoError } from "../../crypto/errors.js";
import { OPERATIONS, WHOLE } from "./operations.js";

async function outcome(line: string): Promise<object> {
  try {
    const { operation, input } = JSON.parse(line);
    return { output: await { ...OPERATIONS, ...WHOLE }[operation as string]!(input) };
  } catch (error) {
    if (error instanceof CryptoError) return { refused: error.layer, reason: error.reason };
    return { broken: error instanceof Error ? `${error.name}: ${error.message}` : "not an error" };
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(await outcome(line))}\n`);
}
