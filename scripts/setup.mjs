/**
 * Installs what a fresh clone lacks: the packages, with `--chromium` a browser, with `--ffmpeg` what makes the tests'
 * streams, with `--redis` what carries messages between trackers, with `--players` the players of the examples, with
 * `--matrix` all that the matrix tests try. Uses nothing but Node itself, because the packages may not be there yet. Does
 * nothing when all is there.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findChromium } from "./find-chromium.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

if (Number(process.versions.node.split(".")[0]) < 20) fail(`Node 20 or later is needed, this is ${process.version}.`);
// Not `npm ci`, which refuses when the lock file lacks the binaries of some other platform; a registry may lack them too.
// This installs the same versions and leaves the lock file alone.
const isMatrix = process.argv.includes("--matrix");
const isWanted = (flag) => isMatrix || process.argv.includes(flag);
installPackages(".");
if (isWanted("--players")) installPackages("tests/matrix", "--ignore-scripts");
if (isWanted("--chromium") && !findChromium()) installChromium();
if (isWanted("--ffmpeg")) installProgram("ffmpeg", "ffmpeg"); // Firefox has no H.264 without its libraries, either
if (isWanted("--redis")) installProgram("redis-server", "redis-server");
if (isMatrix) installProgram("firefox-esr", "firefox-esr");
if (isMatrix) installProgram("nginx", "nginx-light");
if (isMatrix) installProgram("caddy", "caddy");
if (isMatrix) installProgram("turnserver", "coturn");

function installPackages(folder, ...flags) {
  if (packagesAreInstalled(folder)) return;
  run("npm", ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", ...flags]);
}

/** Whether what npm noted when it last installed is what the lock file asks for. Optional packages depend on the machine. */
function packagesAreInstalled(folder) {
  const wanted = readPackages(`${folder}/package-lock.json`);
  const installed = readPackages(`${folder}/node_modules/.package-lock.json`);
  return Object.entries(wanted).every(
    ([path, { version, optional, devOptional }]) =>
      path === "" || optional || devOptional || installed[path]?.version === version,
  );
}

function readPackages(file) {
  const path = `${root}/${file}`;
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).packages : {};
}

function installChromium() {
  const hint = "Install Chromium or Chrome, or set CHROMIUM_PATH to one.";
  if (process.platform !== "linux" || !existsSync("/usr/bin/apt-get")) fail(`No Chromium was found. ${hint}`);
  if (process.getuid?.() !== 0)
    fail(`No Chromium was found. As root this would install one: apt-get install chromium. ${hint}`);
  run("apt-get", ["update", "-qq"]);
  // The headless shell is a Debian package; elsewhere the whole browser does.
  for (const name of ["chromium-headless-shell", "chromium"]) {
    if (start("apt-get", ["install", "-y", "-qq", "--no-install-recommends", name]) && findChromium()) return;
  }
  fail(`apt-get could not install a Chromium. ${hint}`);
}

/** A program of a Debian package of which nothing else will do. */
function installProgram(command, name) {
  if (existsSync(`/usr/bin/${command}`) || existsSync(`/usr/sbin/${command}`)) return;
  if (!existsSync("/usr/bin/apt-get") || process.getuid?.() !== 0) fail(`${command} is missing: install ${name}.`);
  run("apt-get", ["update", "-qq"]);
  run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", name]);
}

function run(command, args) {
  if (!start(command, args)) fail(`${command} ${args.join(" ")} failed.`);
}

/** Whether it went well. */
function start(command, args) {
  console.log(`$ ${command} ${args.join(" ")}`);
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    shell: process.platform === "win32",
  });
  return status === 0;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
