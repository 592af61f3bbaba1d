// Lets the stranger compute figures from what it is given line by line, as score_lines.mjs does the twin.
import { createInterface } from "node:readline";
import { figures } from "../stranger/figures.mjs";

for await (const line of createInterface({ input: process.stdin })) {
  const { logs, asOf, policy, self, policyHash } = JSON.parse(line);
  const events = logs[0].map(({ event: name, giver: from, taker: to, ...own }) => ({ ...own, name, from, to }));
  process.stdout.write(`${JSON.stringify(figures(events, { self, policy, policyHash, asOf }))}\n`);
}
