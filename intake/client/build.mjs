// Bundles the client, its tests (--tests) or its timings (--bench). The same input gives the same bytes: the output has
// no source maps and no addresses.
// Writes the messages of each bundle to a file of its own, for the catalogues and the pages.
import { build } from "esbuild";
import { fileURLToPath } from "node:url";
import { basename } from "node:path";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const here = fileURLToPath(new URL("./", import.meta.url));
const shared = {
  absWorkingDir: here,
  bundle: true,
  format: "esm",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
};
/** Each bundle's name in the pages, and its entry module. */
const PAGES = {
  form: "form/main",
  for_someone: "form/for_someone/main",
  return: "return/main",
  desk: "desk/main",
  enrol: "desk/enrol/main",
  poster: "site/poster",
  deletions: "site/deletions",
  worker: "desk/cases/worker",
  argon2id: "page/argon2id_worker",
  strength: "desk/passphrase/strength",
  scan: "desk/group/scan",
  qr: "page/qr",
  exit: "site/page",
};

if (process.argv.includes("--tests")) {
  // Tests in src/tests/timed measure time. They are built apart, so that they can run while nothing else does.
  for (const folder of ["tests", "timed"]) rmSync(`${here}dist/${folder}`, { recursive: true, force: true });
  const tests = readdirSync(`${here}src/tests`, { recursive: true }).filter((name) => name.endsWith(".test.ts"));
  const entryPoints = tests.map((name) => ({
    in: `src/tests/${name}`,
    out: `${name.startsWith("timed/") ? "timed" : "tests"}/${basename(name, ".ts")}`,
  }));
  await build({
    ...shared,
    platform: "node",
    target: "node20",
    outdir: "dist",
    outExtension: { ".js": ".mjs" },
    external: ["typescript"], // one test reads imports with it
    entryPoints,
  });
  // Outside of the tests' folder, because the test runner runs every file there.
  await build({
    ...shared,
    platform: "node",
    target: "node20",
    outfile: "dist/differential.mjs",
    entryPoints: ["src/tests/crypto/differential.ts"],
  });
} else if (process.argv.includes("--bench")) {
  await build({
    ...shared,
    format: "iife",
    platform: "browser",
    target: ["es2022"],
    minify: true,
    outfile: "dist/bench.js",
    entryPoints: ["src/bench/main.ts"],
  });
} else {
  rmSync(`${here}dist/site`, { recursive: true, force: true });
  const { metafile } = await build({
    ...shared,
    platform: "browser",
    target: ["es2020"],
    minify: true,
    metafile: true,
    conditions: ["production"],
    alias: { "@noble/curves/nist.js": `${here}src/crypto/age/no_nist.ts` },
    outdir: "dist/site",
    entryPoints: Object.entries(PAGES).map(([out, path]) => ({ in: `src/${path}.ts`, out })),
  });
  for (const [path, output] of Object.entries(metafile.outputs)) {
    const words = new Set(
      Object.keys(output.inputs)
        .filter((name) => name.startsWith("src/"))
        .flatMap(wordsOf),
    );
    writeFileSync(`${here}${path.replace(/\.js$/, ".words.json")}`, `[${[...words].sort().join(",")}]`);
  }
}

/** Return messages as JSON. They are literals: t("…"), and tn("…", "…") with one form for one and one for many. */
function wordsOf(path) {
  const source = readFileSync(here + path, "utf8");
  const literal = String.raw`("(?:[^"\\]|\\.)*")`;
  return [
    ...[...source.matchAll(RegExp(String.raw`\bt\(\s*${literal}`, "g"))].map((match) => match[1]),
    ...[...source.matchAll(RegExp(String.raw`\btn\(\s*${literal},\s*${literal}`, "g"))].map(
      (match) => `[${match[1]},${match[2]}]`,
    ),
  ];
}
