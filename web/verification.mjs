// Whether what a bundle says is so, if one block is on the chain. Pure: no input or output.
//
// What is proven is of that block and of nothing after it. Every check is made on bytes that lead, hash by hash, to the
// block's: nothing that a bundle says is taken on its word. `checked` is called with the name of each check that held.
import { checksummed, concatBytes, digest, isAddress, keccak, read } from "./bytes.mjs";
import { logIn, readHeader, storedIn } from "./blocks.mjs";
import { companyOf, decode, standingsOf } from "./outcomes.mjs";
import { InvalidProof } from "./refusals.mjs";
import { policyHash } from "./score.mjs";
import { assured, readStatement, requireSame } from "./statements.mjs";
import { genesis, link } from "./troth.mjs";

const ANCHORED = digest("Anchored(address,address,bytes32,bytes32,bytes32)");

/** Statements are as of the full hour before their anchor's block: nobody chooses a better time. */
const HOUR = 3600;

/** Where in the contract's storage the mapping from promises' ids to their states begins. */
const STATES = 3;

/** By their numbers in a state. */
const STATUSES =
  "none open superseded withdrawn fulfilled remedied disputed upheld dismissed confirmed".split(" ");
const [COUNTERSIGNED, BY_ARBITER] = [1n << 0n, 1n << 4n];

/** The checks of each kind of bundle, in the order in which they are made. */
export const CHECKS = {
  score: ["ledger", "anchor", "statement", "policy", "history", "time", "figures"],
  receipt: ["ledger", "state", "code", "slot"],
};

/** What proves itself of a bundle. `pins` are the contract, its code's hash, and the policies accepted, by their hashes. */
export function verify(bundle, pins, checked = () => {}) {
  return bundle.bundle === "score" ? verifyScore(bundle, pins, checked) : verifyReceipt(bundle, pins, checked);
}

/** Checks a score bundle from its block's header down to the last figure. Throws InvalidProof. */
export function verifyScore(bundle, pins, checked = () => {}) {
  const { ledger, company, events } = bundle;
  const chainId = chainOf(ledger, pins);
  checked("ledger");
  const { sender, head, policy, statement: anchored, block } = anchorOf(bundle, pins);
  checked("anchor");
  const statement = readStatement(bundle.statement);
  if (statement.digest !== anchored) refuse(`its statement is ${statement.digest}, and ${anchored} is anchored`);
  const about = { ledger, company, head, policy };
  if (Object.entries(about).some(([name, value]) => statement[name] !== value)) {
    refuse("its statement is about another ledger, company, head or policy than the anchor");
  }
  checked("statement");
  if (!Object.hasOwn(pins.policies, policy)) refuse(`the policy ${policy} is none of those that you accept`);
  const given = policyHash(bundle.policy);
  if (given !== policy) refuse(`its policy is ${given}, and ${policy} is anchored`);
  checked("policy");
  requireHistory(bundle, chainId, pins, head);
  checked("history");
  requireTimes(events, statement.asOf, block);
  checked("time");
  const figures = assured(standings(events), statement.asOf, bundle.policy);
  requireSame(statement.figures, figures);
  checked("figures");
  return {
    ...{ kind: "score", chainId, contract: pins.contract, company, block, head, sender, figures },
    ...{ events: events.length, asOf: statement.asOf, policy: pins.policies[policy] },
  };
}

/** Checks a receipt bundle from its block's header down to the promise's slot. Throws InvalidProof. */
export function verifyReceipt({ receipt, header, account, storage }, pins, checked = () => {}) {
  const chainId = chainOf(receipt.ledger, pins);
  checked("ledger");
  const block = readHeader(header);
  const slot = keccak(concatBytes(read(receipt.id), word(STATES)));
  const { code, value } = storedIn(block, read(pins.contract), slot, account, storage);
  checked("state");
  if (code !== pins.code) refuse(`the contract's code has the hash ${code}, not ${pins.code}`);
  checked("code");
  const part = (start, bits) => (value >> BigInt(start)) & ((1n << BigInt(bits)) - 1n);
  const [fulfilledAt, lastAt] = [160, 200].map((start) => Number(part(start, 40)));
  const [status, flags] = [STATUSES[Number(part(240, 8))], part(248, 8)];
  if (part(0, 160) !== BigInt(receipt.promise.company) || status === undefined) {
    refuse("the promise's slot holds what the ledger never writes");
  }
  checked("slot");
  return {
    ...{ kind: "receipt", chainId, contract: pins.contract, receipt, block, status, lastAt },
    fulfilledAt: fulfilledAt || null,
    countersigned: (flags & COUNTERSIGNED) !== 0n,
    byArbiter: (flags & BY_ARBITER) !== 0n,
    inTime: fulfilledAt ? fulfilledAt <= Number(receipt.promise.dueAt) : null,
  };
}

/** Throws InvalidProof if what was proven is of another block than this one. */
export function requireBlock({ block }, hash) {
  if (block.hash !== hash.toLowerCase()) refuse(`its block ${block.number} has the hash ${block.hash}, not ${hash}`);
}

/** A moment of the chain's clock to the minute, in UTC. */
export function moment(time) {
  const shown = new Date(1000 * time);
  if (!(shown.getUTCFullYear() <= 9999)) return "after the year 9999";
  return `${shown.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** The chain of a ledger (CAIP-10), which has to be the contract that is meant. */
function chainOf(account, { contract }) {
  const [, chainId, address] = /^eip155:([1-9][0-9]{0,14}):(0x[0-9a-fA-F]{40})$/.exec(account) ?? [];
  if (!isAddress(address) || address.toLowerCase() !== contract) {
    refuse(`it is about the ledger ${account.slice(0, 80)}, not ${checksummed(contract)}`);
  }
  return Number(chainId);
}

/** Who anchored, in which block, and what: head, policy, statement. */
function anchorOf({ company, anchor }, { contract }) {
  const block = readHeader(anchor.header);
  const { address, topics, data } = logIn(block, anchor.transaction, anchor.log, anchor.nodes);
  if (address !== contract) refuse(`${checksummed(address)} emitted its anchor, and not the ledger`);
  if (topics.length !== 3 || topics[0] !== ANCHORED || data.length !== 2 + 3 * 64) refuse("the log of its anchor is none");
  const [about, sender] = topics.slice(1).map((topic) => `0x${topic.slice(-40)}`);
  if (about !== company) refuse(`its anchor is about ${checksummed(about)}, not ${checksummed(company)}`);
  const [head, policy, statement] = [0, 1, 2].map((place) => `0x${data.slice(2 + 64 * place, 66 + 64 * place)}`);
  return { block, sender, head, policy, statement };
}

function requireHistory({ company, events }, chainId, { contract }, head) {
  const stranger = events.findIndex((event) => companyOf(event) !== company);
  if (stranger >= 0) refuse(`event ${stranger + 1} is of ${checksummed(companyOf(events[stranger]))}`);
  let reached = genesis(chainId, contract, company);
  events.forEach((event, place) => {
    const linked = link(reached, event);
    if (linked.head !== linked.claimed) refuse(`event ${place + 1} does not continue those before it`);
    reached = linked.head;
  });
  if (!events.length || reached !== head) {
    refuse(`its ${events.length} events lead to ${events.length ? reached : "nothing"}, and ${head} is anchored`);
  }
}

/** The time of the last event, or the full hour before the anchor's block, where that is later. */
function requireTimes(events, asOf, block) {
  const last = events.at(-1).time;
  const expected = Math.max(last, block.time - (block.time % HOUR));
  if (asOf !== expected) {
    refuse(`promises are judged as of ${moment(asOf)}, and by its anchor of ${moment(block.time)} it has to be ${moment(expected)}`);
  }
}

function standings(events) {
  let place = 0;
  function* decoded() {
    for (const event of events) {
      place += 1;
      yield decode(event);
    }
  }
  try {
    return standingsOf(decoded());
  } catch (error) {
    return refuse(`event ${place} can't come from the ledger: ${error.message}`);
  }
}

function word(number) {
  return read(`0x${number.toString(16).padStart(64, "0")}`);
}

function refuse(why) {
  throw new InvalidProof(why);
}
