/**
 * Lint: the usual strictness, and three things that are this project's own. Which way imports point, what a core must
 * not touch, and that nobody switches a rule off in passing. tests/lint proves that these bite.
 */
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import { importX } from "eslint-plugin-import-x";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const TYPESCRIPT = ["**/*.ts"];
const TESTS = ["**/*.test.ts"];
/** A core decides and does nothing else; base and protocol are what cores are made of. */
const PURE = ["src/base/**/*.ts", "src/protocol/**/*.ts", "src/*/core/**/*.ts", "sim/model/**/*.ts"];
/** What ends up in a browser. */
const BROWSER = [
  "src/index.ts",
  "src/base/**/*.ts",
  "src/protocol/**/*.ts",
  "src/swarm/**/*.ts",
  "src/playlist/stream-names.ts",
  "src/loader/**/*.ts",
];

/** What a program without a player is made of. */
const HEADLESS = ["./base", "./protocol", "./swarm", "./playlist", "./settings", "./ticket", "./headless"];

/** base <- protocol <- core <- io <- loader, headless <- seeder, viewers, cli <- tests. `swarm` and `tracker-server` meet only in `protocol`. */
const LAYERS = [
  { target: "./src/base", allowed: ["./base"] },
  { target: "./src/protocol", allowed: ["./base", "./protocol"] },
  { target: "./src/swarm/core", allowed: ["./base", "./protocol", "./swarm/core"] },
  { target: "./src/swarm/io", allowed: ["./base", "./protocol", "./swarm"] },
  { target: "./src/playlist", allowed: ["./base", "./protocol", "./playlist"] },
  { target: "./src/http", allowed: ["./base", "./http"] },
  { target: "./src/settings", allowed: ["./base", "./settings"] },
  { target: "./src/tracker-server/core", allowed: ["./base", "./protocol", "./tracker-server/core"] },
  {
    target: "./src/tracker-server",
    allowed: ["./base", "./protocol", "./settings", "./ticket", "./http", "./tracker-server"],
  },
  { target: "./src/loader", allowed: ["./base", "./protocol", "./playlist", "./swarm", "./loader"] },
  { target: "./src/index.ts", allowed: ["./base", "./protocol", "./swarm", "./loader"] },
  { target: "./src/consent-prompt.ts", allowed: [] },
  { target: "./src/tracker-load", allowed: ["./base", "./protocol", "./tracker-load"] },
  { target: "./src/signer", allowed: ["./base", "./protocol", "./playlist", "./signer"] },
  { target: "./src/ticket", allowed: ["./base", "./protocol", "./ticket"] },
  { target: "./src/headless", allowed: ["./base", "./protocol", "./swarm", "./playlist", "./ticket", "./headless"] },
  { target: "./src/seeder/core", allowed: ["./base", "./protocol", "./swarm/core", "./seeder/core"] },
  { target: "./src/seeder", allowed: [...HEADLESS, "./http", "./seeder"] },
  { target: "./src/viewers", allowed: [...HEADLESS, "./viewers"] },
  {
    target: "./src/live",
    allowed: ["./base", "./protocol", "./playlist", "./http", "./settings", "./signer", "./ticket", "./live"],
  },
  {
    target: "./src/cli.ts",
    allowed: [
      ...["./base", "./protocol", "./signer", "./ticket", "./tracker-server", "./tracker-load"],
      ...["./seeder", "./viewers", "./live"],
    ],
  },
];

const REPLAY = "would make a run differ from its replay: time, chance and results come in as events";
const ENGINES = "engines round it differently, which breaks replay across them; see src/base";

/** What the simulator may use of the product. */
const SIMULATED = ["./base", "./protocol", "./swarm/core", "./seeder/core", "./tracker-server/core"];

export default defineConfig(
  globalIgnores(["dist/", "**/node_modules/", "coverage/", "**/.cache/"]),
  {
    // No comment switches a rule off: change the code, or the rule here, where everybody sees it.
    linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: "error" },
    plugins: { "import-x": importX },
    settings: {
      ...importX.flatConfigs.typescript.settings,
      "import-x/resolver-next": [createTypeScriptImportResolver({ project: "tsconfig.json" })],
    },
    rules: {
      "no-undef": "error",
      "no-unused-vars": "error",
      "no-var": "error",
      "prefer-const": ["error", { ignoreReadBeforeAssign: true }],
      eqeqeq: "error",
      "object-shorthand": "error",
      "import-x/no-cycle": "error",
      "import-x/no-self-import": "error",
      "import-x/no-duplicates": "error",
      "import-x/no-useless-path-segments": "error",
    },
  },
  {
    files: ["**/*.mjs"],
    languageOptions: { globals: names(Object.getOwnPropertyNames(globalThis)) },
  },
  {
    files: ["examples/**/*.js"],
    languageOptions: { globals: names(pageGlobals()) },
  },
  {
    files: TYPESCRIPT,
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // TypeScript itself sees to it.
      "no-undef": "off",
      "no-unused-vars": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // Interfaces here are met by closures, whose functions know no `this`.
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: TESTS,
    rules: {
      "import-x/no-restricted-paths": [
        "error",
        {
          zones: [
            ...LAYERS.map(({ target, allowed }) => ({ target, from: "./src", except: allowed })),
            ...["./sim", "./testkit", "./tests", "./bench", "./examples", "./scripts"].map((from) => ({
              target: "./src",
              from,
            })),
          ],
        },
      ],
      "@typescript-eslint/no-restricted-imports": [
        "error",
        { paths: [{ name: "hls.js", allowTypeImports: true, message: "The site brings it; we only know its types." }] },
      ],
    },
  },
  {
    // The simulator plays the real cores, and nothing that acts; its model knows nothing of the program around it.
    files: ["sim/**/*.ts"],
    ignores: TESTS,
    rules: {
      "import-x/no-restricted-paths": [
        "error",
        {
          zones: [
            { target: "./sim", from: "./src", except: SIMULATED },
            { target: "./sim/model", from: "./sim", except: ["./model"] },
          ],
        },
      ],
    },
  },
  {
    files: ["sim/model/**/*.ts"],
    ignores: TESTS,
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        { patterns: [{ regex: "^[^.]", message: "A model is made of cores and of itself." }] },
      ],
    },
  },
  {
    files: BROWSER,
    ignores: TESTS,
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          paths: [
            { name: "hls.js", allowTypeImports: true, message: "The site brings it; we only know its types." },
            { name: "ws", message: "A browser has its own WebSocket." },
          ],
          patterns: [{ group: ["node:*"], message: "This runs in a browser." }],
        },
      ],
    },
  },
  {
    files: ["src/loader/**/*.ts", "tests/**/*.ts"],
    rules: {
      // hls.js 1.5 reads names that 1.7 calls deprecated, and its enums are values, of which we import none.
      "@typescript-eslint/no-deprecated": "off",
      "@typescript-eslint/no-unsafe-enum-assignment": "off",
      "@typescript-eslint/no-unsafe-enum-comparison": "off",
    },
  },
  {
    files: PURE,
    ignores: TESTS,
    rules: {
      "no-restricted-globals": ["error", ...impureGlobals().map((name) => ({ name, message: `${name} ${REPLAY}` }))],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: `Math.random ${REPLAY}` },
        ...inexactFunctions().map((property) => ({
          object: "Math",
          property,
          message: `Math.${property}: ${ENGINES}`,
        })),
      ],
      "no-restricted-syntax": [
        "error",
        { selector: ":function[async=true]", message: `async ${REPLAY}` },
        { selector: "AwaitExpression, ForOfStatement[await=true]", message: `await ${REPLAY}` },
        {
          selector: "BinaryExpression[operator='**'], AssignmentExpression[operator='**=']",
          message: `**: ${ENGINES}`,
        },
      ],
    },
  },
  {
    files: TESTS,
    rules: {
      // Stubs do nothing, and a test may insist that something is there.
      "@typescript-eslint/no-empty-function": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/require-await": "off",
    },
  },
);

function names(list) {
  return Object.fromEntries(list.map((name) => [name, "readonly"]));
}

function pageGlobals() {
  return [
    ...["window", "document", "location", "navigator", "history", "localStorage", "sessionStorage", "performance"],
    ...[
      "console",
      "fetch",
      "URL",
      "URLSearchParams",
      "BroadcastChannel",
      "CustomEvent",
      "EventTarget",
      "AbortController",
    ],
    ...["setTimeout", "clearTimeout", "setInterval", "clearInterval", "requestAnimationFrame", "cancelAnimationFrame"],
    ...[
      "matchMedia",
      "getComputedStyle",
      "devicePixelRatio",
      "ResizeObserver",
      "HTMLElement",
      "crypto",
      "structuredClone",
    ],
  ];
}

function impureGlobals() {
  return [
    ...["Date", "performance", "Promise", "queueMicrotask"],
    ...["setTimeout", "setInterval", "setImmediate", "requestAnimationFrame"],
    ...["crypto", "console", "process", "Buffer", "globalThis", "window", "self", "document", "navigator"],
    ...["fetch", "XMLHttpRequest", "WebSocket", "RTCPeerConnection", "localStorage"],
  ];
}

function inexactFunctions() {
  return [
    ...["log", "log2", "log10", "log1p", "exp", "expm1", "pow", "cbrt", "hypot"],
    ...["sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"],
  ];
}
