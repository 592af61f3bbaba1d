// The tables: the log, and what follows from it of companies and promises.
import { index, onchainTable, primaryKey } from "ponder";

export const event = onchainTable(
  "event",
  (t) => ({
    block: t.bigint().notNull(),
    logIndex: t.integer().notNull(),
    time: t.bigint().notNull(),
    transaction: t.hex().notNull(),
    name: t.text().notNull(),
    company: t.hex().notNull(),
    promise: t.hex(),
    head: t.hex().notNull(),
  }),
  (row) => ({
    key: primaryKey({ columns: [row.block, row.logIndex] }),
    byPromise: index().on(row.promise),
    byCompany: index().on(row.company, row.block),
  }),
);

export const company = onchainTable("company", (t) => ({
  address: t.hex().primaryKey(),
  registeredAt: t.bigint().notNull(),
  head: t.hex().notNull(),
  profile: t.hex().notNull(),
  uri: t.text().notNull(),
}));

export const promise = onchainTable(
  "promise",
  (t) => ({
    id: t.hex().primaryKey(),
    company: t.hex().notNull(),
    terms: t.hex().notNull(),
    madeAt: t.bigint().notNull(),
    dueAt: t.bigint().notNull(),
    fulfilledAt: t.bigint(),
    status: t.text().notNull(),
  }),
  (row) => ({ byCompany: index().on(row.company, row.dueAt) }),
);
