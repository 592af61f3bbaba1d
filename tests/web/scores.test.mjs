// The JavaScript scores meet the shared histories, in any order; its decoder and its arithmetic refuse what does not fit.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ceilDiv, floorDiv, fraction, rootUp } from "../../web/fractions.mjs";
import { decode, standingsOf } from "../../web/outcomes.mjs";
import { marketOf, policyHash, score, tableDigest } from "../../web/score.mjs";

const read = (name) => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));
const { company, common, companyActor, policies, histories } = read("scores");
const protocol = read("protocol");

/** An event as `decode` gives it; a promise's nonce serves as its id. */
function event([name, time, id, { actor = companyActor, successor, ...own }]) {
  const about = { event: name, time, id, company, actor };
  if (name !== "Made") return { ...about, ...own, successor };
  return { ...about, promise: { ...common, ...own, nonce: id } };
}

const upTo = (events, time) => standingsOf(events.map(event).filter((each) => each.time <= time));

for (const { name, events, peers, scores } of histories) {
  test(name, () => {
    for (const { asOf, policy: named, score: expected } of scores) {
      const policy = policies[named];
      const companies = [events, ...peers].map((each) => upTo(each, asOf));
      const market = marketOf(companies, asOf, policy);
      assert.deepEqual(score(companies[0], asOf, policy, market), expected, `${named} at ${asOf}`);
      const reversed = companies.map((standings) => standings.toReversed());
      const shuffled = marketOf(reversed.toReversed(), asOf, policy);
      assert.deepEqual(score(reversed[0], asOf, policy, shuffled), expected, `${named} at ${asOf}, backwards`);
    }
  });
}

test("a policy is named by its canonical JSON, and holds the digests of its tables", () => {
  const { small } = policies;
  const backwards = Object.fromEntries(Object.entries(small).reverse());
  assert.equal(policyHash(backwards), policyHash(small));
  assert.notEqual(policyHash({ ...small, min_evidence: 4 }), policyHash(small));
  for (const policy of Object.values(policies)) {
    for (const [days, digest] of Object.entries(policy.decay_tables)) assert.equal(tableDigest(Number(days)), digest);
  }
});

test("a log is decoded to the event that it records", () => {
  const { logs } = protocol.history;
  assert.equal(new Set(logs.map(({ event: name }) => name)).size, 13);
  for (const log of logs) {
    const { event: name, time, ...fields } = decode(log);
    assert.equal(name, log.event);
    assert.equal(time, log.time);
    const shown = JSON.parse(JSON.stringify(fields, (_, value) => (typeof value === "bigint" ? String(value) : value)));
    assert.deepEqual(shown, log.fields, name);
  }
});

const [made] = protocol.history.logs.filter(({ event: name }) => name === "Made");
const [confirmed] = protocol.history.logs.filter(({ event: name }) => name === "Confirmed");
const word = (log, place, value) => {
  const start = 2 + 64 * place;
  return { ...log, data: log.data.slice(0, start) + value.padStart(64, "0") + log.data.slice(start + 64) };
};
const UNFIT = {
  "another contract's topic": { ...made, topics: [made.topics[1], ...made.topics.slice(1)] },
  "a topic too few": { ...made, topics: made.topics.slice(0, -1) },
  "a word too few": { ...made, data: made.data.slice(0, -64) },
  "a word too many": { ...made, data: made.data + "0".repeat(64) },
  "terms that do not hash to the id": word(made, 1, "1"),
  "a truth that is neither": word(confirmed, 1, "2"),
  "a fourth matter": word(confirmed, 2, "3"),
  "a rating of nine bits": word(confirmed, 3, "100"),
  "a word that is not hexadecimal": word(confirmed, 3, "zz"),
};
for (const [what, log] of Object.entries(UNFIT)) {
  test(`refused: ${what}`, () => assert.throws(() => decode(log), RangeError));
}

test("an event that does not follow is refused", () => {
  const events = histories.find(({ name }) => name === "one kept").events.map(event);
  assert.throws(() => standingsOf(events.slice(1)), /not made/);
  assert.throws(() => standingsOf([events[0], events[0]]), /made twice/);
  assert.throws(() => standingsOf([...events, events[1]]), /does not follow/);
});

test("division and roots round as they say", () => {
  for (const [value, divisor, down, up] of [
    [7n, 2n, 3n, 4n],
    [-7n, 2n, -4n, -3n],
    [8n, 2n, 4n, 4n],
    [-8n, 2n, -4n, -4n],
    [0n, 5n, 0n, 0n],
  ]) {
    assert.equal(floorDiv(value, divisor), down);
    assert.equal(ceilDiv(value, divisor), up);
  }
  for (let value = 0n; value < 2000n; value++) {
    const root = rootUp(value);
    assert.ok(root * root >= value && (root === 0n || (root - 1n) ** 2n < value), `${value}`);
  }
  const huge = 10n ** 400n;
  assert.equal(rootUp(huge * huge), huge);
  assert.equal(rootUp(huge * huge + 1n), huge + 1n);
  assert.deepEqual(fraction(-6, -4), { n: 3n, d: 2n });
  assert.deepEqual(fraction(0, 7), { n: 0n, d: 1n });
});
