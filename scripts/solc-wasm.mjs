// Answers as the solc executable does, from npm's WebAssembly build, for machines that have no native compiler.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const solc = createRequire(import.meta.url)("solc");
const args = process.argv.slice(2);
const option = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const basePath = option("--base-path") ?? ".";

function readImport(name) {
  try {
    return { contents: readFileSync(resolve(basePath, name), "utf8") };
  } catch (error) {
    return { error: error.message };
  }
}

if (args.includes("--version")) {
  // py-solc-x parses the native build's wording.
  const version = solc.version().replace(/\.Emscripten\.clang$/, ".Linux.g++");
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${version}`);
} else if (args.includes("--standard-json")) {
  process.stdout.write(solc.compile(readFileSync(0, "utf8"), { import: readImport }));
} else {
  console.error(`solc-wasm answers --version and --standard-json only, not: ${args.join(" ")}`);
  process.exit(2);
}
