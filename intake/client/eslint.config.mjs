// The rules of the linter. docs/adr/0031-lint-the-client-with-typescript-eslint.md says why this linter.
import eslint from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** SECURITY.md forbids the pages to store data in the browser, to write markup from text, and to log. */
const NEVER = {
  "no-console": "error",
  "no-eval": "error",
  "no-restricted-globals": ["error", "localStorage", "sessionStorage", "indexedDB", "caches"],
  "no-restricted-properties": [
    "error",
    ...["innerHTML", "outerHTML", "insertAdjacentHTML", "cookie"].map((property) => ({ property })),
    ...["localStorage", "sessionStorage", "indexedDB"].map((property) => ({ object: "window", property })),
  ],
};

export default defineConfig(
  globalIgnores(["dist/", "node_modules/"]),
  eslint.configs.recommended,
  { files: ["*.mjs"], languageOptions: { globals: { process: "readonly", URL: "readonly" } } },
  {
    files: ["src/**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...NEVER,
      "max-lines": ["error", { max: 300 }],
      // A message stays one literal, because it is the key of the catalogues.
      "max-len": ["error", { code: 140, ignorePattern: '^\\s*"[^"]*",?$' }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true, varsIgnorePattern: "^_" }],
      // This code ends arrow functions and returns with calls such as `draw(…)`.
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `noUncheckedIndexedAccess` makes each index possibly undefined; `!` says where the code knows better.
      "@typescript-eslint/no-non-null-assertion": "off",
      // `[...text]` counts code points, as the formats do.
      "@typescript-eslint/no-misused-spread": "off",
    },
  },
  {
    // Vectors and the frozen groups are JSON of many shapes, and `test` returns a promise that the runner awaits.
    files: ["src/tests/**/*.ts"],
    rules: {
      ...Object.fromEntries(
        ["argument", "assignment", "call", "member-access", "return"].map((what) => [
          `@typescript-eslint/no-unsafe-${what}`,
          "off",
        ]),
      ),
      "@typescript-eslint/no-explicit-any": "off",
      "@typescript-eslint/no-floating-promises": "off",
      "@typescript-eslint/require-await": "off",
    },
  },
);
