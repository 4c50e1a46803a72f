/**
 * The property names that the browser's files may shorten: those that our own sources declare, less every name that
 * somebody else reads. Whoever declares a name that a platform, hls.js, simple-peer, a wire or a page also uses keeps it,
 * so a name that is on this list cannot be met outside of our own code.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL("..", import.meta.url));
const ENTRY = join(root, "src/index.ts");

/** Folders whose every name the browser's engine may use for itself. */
const OWN = ["base", "protocol", "swarm", "loader"].map((folder) => join(root, "src", folder));
/** Files of ours whose names go over a wire as JSON. */
const WIRE = ["src/protocol/tracker-message.ts", "src/swarm/io/peer-signal.ts"];
/** Every hls.js that we are tested with. */
const HLS = ["hls.js", "hls.js-1.5", "hls.js-1.6"];

export function findMangledNames() {
  const own = OWN.flatMap(sourcesIn).map(parse);
  const names = new Set(own.flatMap(namesDeclaredIn));
  const foreign = [
    ...platformTypes().map(parse).flatMap(namesDeclaredIn),
    ...HLS.map((name) => parse(join(root, "node_modules", name, "dist/hls.d.ts"))).flatMap(namesDeclaredIn),
    ...wordsOf(readFileSync(require.resolve("simple-peer"), "utf8")),
    ...WIRE.map((file) => parse(join(root, file))).flatMap(namesDeclaredIn),
    ...namesReachableFrom(ENTRY),
    ...own.flatMap(textsIn),
  ];
  for (const name of foreign) names.delete(name);
  return [...names].sort();
}

const sourcesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((file) => /\.ts$/.test(file) && !/(\.test|\.d)\.ts$/.test(file))
    .map((file) => join(folder, file));

const platformTypes = () => {
  const folder = dirname(require.resolve("typescript"));
  return readdirSync(folder)
    .filter((file) => /^lib\..*\.d\.ts$/.test(file))
    .map((file) => join(folder, file));
};

const parse = (file) => ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);

const wordsOf = (text) => text.match(/[\w$]+/g);

/** Names of members of classes, interfaces and type literals, and of object literals. */
const namesDeclaredIn = (file) =>
  collect(file, (node) =>
    (ts.isClassElement(node) || ts.isTypeElement(node) || ts.isObjectLiteralElement(node)) &&
    node.name !== undefined &&
    !ts.isComputedPropertyName(node.name) &&
    !ts.isPrivateIdentifier(node.name)
      ? node.name.text
      : undefined,
  );

/** Every text: it may be used as a key. */
const textsIn = (file) => collect(file, (node) => (ts.isStringLiteralLike(node) ? node.text : undefined));

function collect(file, pick) {
  const found = [];
  const visit = (node) => {
    const picked = pick(node);
    if (picked !== undefined) found.push(picked);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Names that the types of what `entry` exports lead to. */
function namesReachableFrom(entry) {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [entry] }, ts.sys, root);
  const program = ts.createProgram([entry], options);
  const checker = program.getTypeChecker();
  const names = new Set();
  const seen = new Set();
  const isOurs = (symbol) => symbol.declarations?.some((node) => OWN.some((it) => node.getSourceFile().fileName.startsWith(it)));

  function visitType(type) {
    if (seen.has(type)) return;
    seen.add(type);
    for (const part of type.types ?? []) visitType(part);
    for (const argument of [...(type.aliasTypeArguments ?? []), ...(type.typeArguments ?? [])]) visitType(argument);
    for (const signature of [...type.getCallSignatures(), ...type.getConstructSignatures()]) visitSignature(signature);
    for (const property of type.getProperties().filter(isOurs)) {
      names.add(property.name);
      visitType(checker.getTypeOfSymbol(property));
    }
  }
  function visitSignature(signature) {
    for (const parameter of signature.parameters) visitType(checker.getTypeOfSymbol(parameter));
    visitType(signature.getReturnType());
  }

  for (const exported of checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)))) {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    names.add(symbol.name);
    visitType(symbol.flags & ts.SymbolFlags.Value ? checker.getTypeOfSymbol(symbol) : checker.getDeclaredTypeOfSymbol(symbol));
  }
  return names;
}
