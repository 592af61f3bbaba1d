// Builds web/page.mjs and its template into one file that needs nothing else: api/static/verify.html, beside its SHA-256.
//
// `node scripts/page.mjs` writes them; with PATH, it writes the page there alone, and with PINS.json too, a page for the
// ledger that this says.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { concatBytes, digest, keccak, read, show, utf8ToBytes } from "../web/bytes.mjs";
import { policyHash } from "../web/score.mjs";

const PAGE = "api/static/verify.html";
const MOST_BYTES = 40_000;
const POLICIES = ["standard", "strict"];

/** The deterministic deployment proxy (github.com/Arachnid/deterministic-deployment-proxy). */
const PROXY = "0x4e59b44847b379578588920cA78FbF26c0B4956C";
const SALT = new Uint8Array(32);

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const source = (name) => readFileSync(path(name), "utf8");

/** The ledger as it is published: where the proxy puts it on whatever chain (EIP-1014), and what it is. */
function published() {
  const { abi, bytecode, deployedBytecode } = JSON.parse(source("ledger/chain/artifacts/TrustLedger.json"));
  const seed = concatBytes(Uint8Array.of(0xff), read(PROXY), SALT, keccak(read(bytecode)));
  const { name, inputs } = abi.find((entry) => entry.name === "headOf");
  const policies = POLICIES.map((each) => JSON.parse(source(`ledger/scoring/policies/${each}.json`)));
  return {
    contract: show(keccak(seed).subarray(12)),
    code: digest(read(deployedBytecode)),
    headOf: digest(`${name}(${inputs.map(({ type }) => type).join(",")})`).slice(0, 10),
    policies: Object.fromEntries(policies.map((policy) => [policyHash(policy), policy.name])),
  };
}

/** The page for a ledger: every part of it inside, and allowed by its hash alone. */
async function build(pins) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [path("web/page.mjs")],
    define: { PINS: JSON.stringify(pins) },
    ...{ bundle: true, minify: true, write: false, format: "iife", target: "es2022", charset: "utf8" },
  });
  const script = outputFiles[0].text.trim();
  const { code } = await esbuild.transform(source("web/verify.css"), { loader: "css", minify: true });
  const style = code.trim();
  if (/<\/?(script|style|!--)/i.test(script + style)) throw new Error("a part would end the element that it stands in");
  const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "connect-src 'self' https: http://127.0.0.1:* http://localhost:*",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const parts = { policy, style, script };
  return source("web/verify.html").replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);
}

const [target, pins] = process.argv.slice(2);
const page = await build(pins ? JSON.parse(readFileSync(pins, "utf8")) : published());
const size = gzipSync(page, { level: 9 }).length;
if (size > MOST_BYTES) throw new Error(`the page has ${size} bytes gzipped, more than ${MOST_BYTES}`);
writeFileSync(target ?? path(PAGE), page);
if (!target) {
  const sum = createHash("sha256").update(page).digest("hex");
  writeFileSync(path(`${PAGE}.sha256`), `${sum}  ${basename(PAGE)}\n`);
}
console.log(`${target ?? PAGE}: ${page.length} characters, ${size} bytes gzipped`);
