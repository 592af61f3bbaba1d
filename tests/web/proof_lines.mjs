// Checks what it is given line by line, for tests that compare it with Python: what is there, or why it is refused.
import { createInterface } from "node:readline";
import { logsOf, readHeader } from "../../web/blocks.mjs";
import { readBundle } from "../../web/bundles.mjs";
import { read, show } from "../../web/bytes.mjs";
import { readProfile } from "../../web/profiles.mjs";
import { valueIn } from "../../web/trie.mjs";
import { verify } from "../../web/verification.mjs";

const CHECKS = {
  trie: ({ root, key, nodes }) => show(valueIn(read(root), read(key), nodes.map(read))),
  header: ({ content }) => {
    const { number, hash, time, receipts, state } = readHeader(read(content));
    return { number, hash, time, receipts: show(receipts), state: show(state) };
  },
  profile: ({ uri, digest }) => readProfile(uri, digest),
  receipt: ({ content }) => logsOf(read(content)),
  bundle: async ({ content, pins }) => verify(await readBundle(read(content)), pins).block.hash,
};

for await (const line of createInterface({ input: process.stdin })) {
  const { check, ...given } = JSON.parse(line);
  let answer;
  try {
    answer = { found: await CHECKS[check](given) };
  } catch (error) {
    answer = { refused: error.constructor.name, why: error.message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
