// The JavaScript twin meets the shared examples, and refuses what does not fit.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as troth from "../../web/troth.mjs";

const VECTORS = JSON.parse(readFileSync(new URL("../vectors/protocol.json", import.meta.url), "utf8"));
const { chainId, contract, promises, history } = VECTORS;
const ORDINARY = promises[0].fields;

/** A message with its promises in full, where the file has their places in its list. */
function inFull(action, message) {
  const nested = troth.ACTIONS[action].filter(({ type }) => type === "Promise");
  return { ...message, ...Object.fromEntries(nested.map(({ name }) => [name, promises[message[name]].fields])) };
}

test("a promise has its words and its id", () => {
  assert.equal(promises.length, 12);
  for (const { fields, schedule, labels, id } of promises) {
    assert.deepEqual(troth.pack(fields), { schedule, labels });
    assert.equal(troth.promiseId(fields), id);
  }
});

test("a customer is named by salt and signer", () => {
  for (const { signer, salt, customer } of VECTORS.customers) assert.equal(troth.customerOf(salt, signer), customer);
});

test("the domain is one chain's and one contract's", () => {
  assert.equal(troth.domainSeparator(chainId, contract), VECTORS.domainSeparator);
});

for (const action of Object.keys(troth.ACTIONS)) {
  test(`${action} is hashed as others hash it`, () => {
    for (const { signed } of promises) {
      const { message, structHash, digest } = signed[action];
      assert.equal(troth.structHash(action, inFull(action, message)), structHash);
      assert.equal(troth.digestToSign(chainId, contract, action, inFull(action, message)), digest);
    }
  });
}

test("the examples have every action", () => {
  for (const { signed } of promises) assert.deepEqual(Object.keys(signed), Object.keys(troth.ACTIONS));
});

test("a history links to its head", () => {
  let head = troth.genesis(chainId, contract, history.company);
  assert.equal(head, history.genesis);
  for (const log of history.logs) {
    const linked = troth.link(head, log);
    assert.deepEqual(linked, { head: log.head, claimed: log.head }, log.event);
    head = linked.head;
  }
});

test("a log that is left out or changed breaks the chain", () => {
  const [first, second] = history.logs;
  assert.notEqual(troth.link(history.genesis, second).head, second.head);
  assert.notEqual(troth.link(history.genesis, { ...first, time: first.time + 1 }).head, first.head);
  const data = first.data.replace(/^0x../, "0x00");
  assert.notEqual(troth.link(history.genesis, { ...first, data }).head, first.head);
});

test("integers may be numbers, bigints or text", () => {
  const id = troth.promiseId(ORDINARY);
  assert.equal(troth.promiseId({ ...ORDINARY, nonce: 1 }), id);
  assert.equal(troth.promiseId({ ...ORDINARY, nonce: 1n }), id);
});

const UNFIT = {
  "a cohort of 17 bits": { ...ORDINARY, cohort: 65536 },
  "a negative number": { ...ORDINARY, stage: -1 },
  "a number that is not exact": { ...ORDINARY, nonce: 2 ** 53 },
  "a number that is empty text": { ...ORDINARY, nonce: "" },
  "a number that is missing": { ...ORDINARY, nonce: undefined },
  "an address of 19 bytes": { ...ORDINARY, arbiter: `0x${"ab".repeat(19)}` },
  "a digest without 0x": { ...ORDINARY, terms: "ab".repeat(32) },
  "a field that a promise has not": { ...ORDINARY, price: 1 },
};

for (const [what, promise] of Object.entries(UNFIT)) {
  test(`${what} is refused`, () => assert.throws(() => troth.promiseId(promise), /TypeError|RangeError/));
}

test("a message that is not of its type is refused", () => {
  const confirm = { promise: ORDINARY, matter: "fulfilment", rating: 5 };
  for (const wrong of [{ matter: "fulfillment" }, { rating: 256 }, { rating: true }, { salt: "0x" }]) {
    assert.throws(() => troth.structHash("Confirm", { ...confirm, ...wrong }), /TypeError|RangeError/);
  }
  const rule = { promise: ORDINARY, upheld: 1, ruling: ORDINARY.terms, nonce: 0, deadline: 0 };
  assert.throws(() => troth.structHash("Rule", rule), TypeError);
});
