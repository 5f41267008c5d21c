// Bundles the client (and, with --tests, its tests). No source maps, no addresses, same input gives the same bytes.
import { build } from "esbuild";
import { readdirSync, rmSync } from "node:fs";

const here = new URL("./", import.meta.url).pathname;
const shared = { absWorkingDir: here, bundle: true, format: "esm", charset: "utf8", legalComments: "none", logLevel: "warning" };

if (process.argv.includes("--tests")) {
  rmSync(`${here}dist/tests`, { recursive: true, force: true });
  const tests = readdirSync(`${here}src/tests`).filter((name) => name.endsWith(".test.ts"));
  await build({ ...shared, platform: "node", target: "node20", outdir: "dist/tests", outExtension: { ".js": ".mjs" }, entryPoints: tests.map((name) => `src/tests/${name}`) });
} else {
  rmSync(`${here}dist/site`, { recursive: true, force: true });
  await build({
    ...shared, platform: "browser", target: ["es2022"], minify: true, conditions: ["production"], outdir: "dist/site",
    entryPoints: ["src/form.ts", "src/return.ts", "src/desk.ts"],
  });
}
