// A stranger's program (tests/stranger), which follows docs/scoring.md alone, computes what the shared histories have: so
// the document says all that it takes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { NotRecomputed, figures } from "../stranger/figures.mjs";

const source = (name) => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
const { common, companyActor: self, policies, histories } = JSON.parse(source("vectors/scores.json"));

/** An event as the stranger has it, whose names are the log's; a promise's nonce serves as its id. */
function event([name, time, id, { actor = self, giver: from, taker: to, ...own }]) {
  if (name === "Made") return { name, time, id, promise: { ...common, ...own } };
  return { name, time, id, actor, from, to, ...own };
}

/** What a statement holds of a score: nothing that follows from other companies. */
function stated({ estimate, estimates, ambition, cautions, ...rest }) {
  return { ...rest, cautions: cautions.filter((caution) => caution !== "deadlines are padded") };
}

for (const { name, events, scores } of histories) {
  test(`a stranger computes: ${name}`, () => {
    for (const { asOf, policy: named, score } of scores) {
      const given = { self, policy: policies[named], policyHash: score.policy, asOf };
      const told = events.map(event).filter(({ time }) => time <= asOf);
      assert.deepEqual(figures(told, given), stated(score), `${named} at ${asOf}`);
    }
  });
}

test("a stranger says what it can't compute", () => {
  const given = { self, policyHash: "0x", asOf: 0 };
  const compute = (changes) => () => figures([], { ...given, policy: { ...policies.small, ...changes } });
  assert.throws(compute({ version: 3 }), NotRecomputed);
  const { events, scores } = histories.find(({ name }) => name === "cohorts served alike");
  const policy = { ...policies.small, decay_tables: { 90: "0x00" } };
  assert.throws(() => figures(events.map(event), { ...given, ...scores[0], policy }), NotRecomputed);
});

test("a stranger uses nothing of ours", () => {
  for (const name of ["verify", "figures"]) {
    const found = [...source(`stranger/${name}.mjs`).matchAll(/^import .* from "(.*)";$/gm)].map(([, from]) => from);
    for (const from of found) assert.match(from, /^(node:\w+|@noble\/hashes\/sha3\.js|\.\/figures\.mjs)$/);
    assert.ok(found.length);
  }
});
