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
/** The page whose rarely used views are bundles of their own: `desk` imports `desk_chunk`, and `desk_lazy_views` when it is needed. */
const IN_PARTS = { desk: "desk/main" };
/** Each other bundle's name in the pages, and its entry module. */
const PAGES = {
  form: "form/main",
  for_someone: "form/for_someone/main",
  return: "return/main",
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
  for (const [pages, splitting] of [
    [PAGES, false],
    [IN_PARTS, true],
  ]) {
    const { metafile } = await build({
      ...shared,
      platform: "browser",
      target: ["es2020"],
      minify: true,
      metafile: true,
      splitting,
      // The site puts the hash of a script into its address, and into the scripts that import it.
      chunkNames: "desk_[name]",
      conditions: ["production"],
      alias: { "@noble/curves/nist.js": `${here}src/crypto/age/no_nist.ts` },
      outdir: "dist/site",
      entryPoints: Object.entries(pages).map(([out, path]) => ({ in: `src/${path}.ts`, out })),
    });
    for (const name of Object.keys(pages)) writeWords(name, metafile.outputs);
  }
}

/** Write the messages of a bundle and of all bundles that it imports. */
function writeWords(name, outputs) {
  const bundles = new Set([`dist/site/${name}.js`]);
  for (const bundle of bundles)
    for (const { path, external } of outputs[bundle].imports) if (!external) bundles.add(path);
  const sources = [...bundles].flatMap((bundle) => Object.keys(outputs[bundle].inputs));
  const words = new Set(sources.filter((source) => source.startsWith("src/")).flatMap(wordsOf));
  writeFileSync(`${here}dist/site/${name}.words.json`, `[${[...words].sort().join(",")}]`);
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
