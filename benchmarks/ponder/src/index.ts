// What each event changes, as a user of Ponder writes it: the three kinds of event that the benchmark's chain has.
import { ponder } from "ponder:registry";
import { company, event, promise } from "ponder:schema";

type Happened = { name: string; company: `0x${string}`; promise?: `0x${string}`; head: `0x${string}` };

const row = ({ event: { block, log, transaction } }: any, happened: Happened) => ({
  block: block.number,
  logIndex: log.logIndex,
  time: block.timestamp,
  transaction: transaction.hash,
  ...happened,
});

ponder.on("Ledger:Registered", async (given: any) => {
  const { company: address, profile, uri, head } = given.event.args;
  const { db } = given.context;
  await db.insert(event).values(row(given, { name: "Registered", company: address, head }));
  await db
    .insert(company)
    .values({ address, registeredAt: given.event.block.timestamp, head, profile, uri })
    .onConflictDoUpdate({ head, profile, uri });
});

ponder.on("Ledger:Made", async (given: any) => {
  const { id, company: by, terms, schedule, head } = given.event.args;
  const { db } = given.context;
  await db.insert(event).values(row(given, { name: "Made", company: by, promise: id, head }));
  await db.insert(promise).values({
    id,
    company: by,
    terms,
    madeAt: given.event.block.timestamp,
    dueAt: (schedule >> 160n) & ((1n << 40n) - 1n),
    status: "open",
  });
  await db.update(company, { address: by }).set({ head });
});

ponder.on("Ledger:Fulfilled", async (given: any) => {
  const { id, company: by, head } = given.event.args;
  const { db } = given.context;
  await db.insert(event).values(row(given, { name: "Fulfilled", company: by, promise: id, head }));
  await db.update(promise, { id }).set({ fulfilledAt: given.event.block.timestamp, status: "fulfilled" });
  await db.update(company, { address: by }).set({ head });
});
