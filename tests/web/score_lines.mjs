// Scores what it is given line by line, for tests that compare it with Python: {companies, asOf, policy} to a score.
import { createInterface } from "node:readline";
import { marketOf, score } from "../../web/score.mjs";

for await (const line of createInterface({ input: process.stdin })) {
  const { companies, asOf, policy } = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(score(companies[0], asOf, policy, marketOf(companies, asOf, policy)))}\n`);
}
