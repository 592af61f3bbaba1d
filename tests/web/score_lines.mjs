// Scores what it is given line by line, for tests that compare it with Python: {companies, asOf, policy} to a score, where
// each company is a list of standings, or of events if they stand in `logs` instead.
import { createInterface } from "node:readline";
import { standingsOf } from "../../web/outcomes.mjs";
import { marketOf, score } from "../../web/score.mjs";

for await (const line of createInterface({ input: process.stdin })) {
  const { logs, asOf, policy, companies = logs.map(standingsOf) } = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(score(companies[0], asOf, policy, marketOf(companies, asOf, policy)))}\n`);
}
