/** Imports of the client go one way, without circles; docs/explanation/architecture.md. tests/test_architecture.py checks Python. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { test } from "node:test";
import ts from "typescript";

const SOURCE = "src";
/** What each folder may import besides itself. */
const MAY_IMPORT: Record<string, string[]> = {
  crypto: [],
  net: ["crypto"],
  page: ["crypto", "net"],
  form: ["crypto", "net", "page"],
  return: ["crypto", "net", "page"],
  site: ["crypto", "net", "page"],
  desk: ["crypto", "net", "page"],
  bench: ["crypto", "page"],
};
/** Libraries that only one part of the client touches. */
const ONLY_IN: Record<string, string> = {
  "age-encryption": "crypto/age/",
  hpke: "crypto/age/",
  "hash-wasm": "crypto/argon2id_wasm.ts",
  "@noble/curves/ed25519.js": "crypto/",
  "shamir-secret-sharing": "crypto/recovery.ts",
  "@zxcvbn-ts/core": "desk/passphrase/",
  qr: "page/qr.ts",
  "qr/decode.js": "desk/group/scan.ts",
};

const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => name.endsWith(".ts") && !name.startsWith("tests/"));
const imports = new Map(files.map((file) => [file, importsOf(file)]));

/** Imports and re-exports, including types: modules as paths, libraries as names. */
function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(posix.join(SOURCE, file), "utf8"), true, true);
  return importedFiles.map(({ fileName }) =>
    fileName.startsWith(".") ? posix.join(posix.dirname(file), fileName).replace(/\.js$/, ".ts") : fileName,
  );
}

test("every module is in a folder that has a rule", () => {
  assert.ok(files.length > 80);
  assert.deepEqual(
    files.filter((file) => !(file.split("/")[0]! in MAY_IMPORT) || !file.includes("/")),
    [],
  );
});

test("imports go one way", () => {
  const wrong = [...imports].flatMap(([file, names]) => {
    const folder = file.split("/")[0]!;
    const allowed = [folder, ...MAY_IMPORT[folder]!];
    return names
      .filter((name) => name.endsWith(".ts") && !allowed.includes(name.split("/")[0]!))
      .map((name) => `${file} imports ${name}`);
  });
  assert.deepEqual(wrong, []);
});

test("no module imports itself through others", () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(" → "));
    if (done.has(file) || path.includes(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  assert.deepEqual(circles, []);
});

test("libraries are touched where the rules say", () => {
  const wrong = [...imports].flatMap(([file, names]) =>
    names
      .filter((name) => name in ONLY_IN && !file.startsWith(ONLY_IN[name]!))
      .map((name) => `${file} imports ${name}`),
  );
  assert.deepEqual(wrong, []);
});

test("a module opens by saying what it is", () => {
  assert.deepEqual(
    files.filter((file) => !readFileSync(posix.join(SOURCE, file), "utf8").startsWith("/**")),
    [],
  );
});
