// Which log Ponder indexes: the same contract, from the same node, as the benchmark's own side.
import { readFileSync } from "node:fs";
import { createConfig } from "ponder";
import type { Abi, Hex } from "viem";

const { LEDGER_ABI, LEDGER_ADDRESS, LEDGER_BLOCK, LEDGER_NODE, LEDGER_TIMES, DATABASE_URL } = process.env as Record<
  string,
  string
>;

export default createConfig({
  database: DATABASE_URL ? { kind: "postgres", connectionString: DATABASE_URL } : { kind: "pglite" },
  // It asks each URL at most 20 times a second at first: the same one several times lifts that.
  chains: { local: { id: 31337, rpc: Array<string>(Number(LEDGER_TIMES)).fill(LEDGER_NODE) } },
  contracts: {
    Ledger: {
      chain: "local",
      abi: JSON.parse(readFileSync(LEDGER_ABI, "utf8")).abi as Abi,
      address: LEDGER_ADDRESS as Hex,
      startBlock: Number(LEDGER_BLOCK),
    },
  },
});
