// The committed page is what the sources build to, carries all that it runs, and lets nothing else in.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const path = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const page = readFileSync(path("api/static/verify.html"), "utf8");
const hash = (text, digits) => createHash("sha256").update(text).digest(digits);
const inside = (name) => page.match(new RegExp(`<${name}>([^]*?)</${name}>`))[1];

test("the committed page is what the sources build to", () => {
  const folder = mkdtempSync(join(tmpdir(), "page-"));
  try {
    const built = join(folder, "verify.html");
    execFileSync(process.execPath, [path("scripts/page.mjs"), built]);
    assert.equal(readFileSync(built, "utf8"), page, "run `make page`");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("its SHA-256 is published as sha256sum reads it", () => {
  assert.equal(readFileSync(path("api/static/verify.html.sha256"), "utf8"), `${hash(page, "hex")}  verify.html\n`);
});

test("it has at most 40 KB gzipped", () => assert.ok(gzipSync(page, { level: 9 }).length <= 40_000));

test("it may run its own script and style, and nothing else", () => {
  const [, policy] = page.match(/http-equiv="Content-Security-Policy" content="([^"]+)"/);
  assert.deepEqual(policy.split("; "), [
    "default-src 'none'",
    `script-src 'sha256-${hash(inside("script"), "base64")}'`,
    `style-src 'sha256-${hash(inside("style"), "base64")}'`,
    "connect-src 'self' https: http://127.0.0.1:* http://localhost:*",
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  assert.doesNotMatch(page, /\b(src|href)=/);
  assert.doesNotMatch(inside("script"), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
  assert.doesNotMatch(inside("script"), /localStorage|sessionStorage|indexedDB|cookie/);
});
