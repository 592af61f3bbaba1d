// Whether what a bundle says is so, if one block is on the chain. Pure: no input or output.
//
// What is proven is of that block and of nothing after it. Every check is made on bytes that lead, hash by hash, to the
// block's: nothing that a bundle says is taken on its word. `checked` is called with the name of each check that held.
import { checksummed, digest, keccak, read } from "./bytes.mjs";
import { logIn, readHeader, storedIn } from "./blocks.mjs";
import { companyOf, decode, standingsOf } from "./outcomes.mjs";
import { readProfile } from "./profiles.mjs";
import { InvalidProof } from "./refusals.mjs";
import { policyHash } from "./score.mjs";
import { assured, readStatement, requireSame } from "./statements.mjs";
import { genesis, link } from "./troth.mjs";

const ANCHORED = digest("Anchored(address,address,bytes32,bytes32,bytes32)");

const HOUR = 3600;

/** Where in the contract's storage the mappings begin: from companies to their heads, from promises to their states. */
const [HEADS, PROMISES] = [2, 3];

/** By their numbers in a state. */
const STATUSES =
  "none open superseded withdrawn fulfilled remedied disputed upheld dismissed confirmed".split(" ");
const [COUNTERSIGNED, BY_ARBITER] = [1n << 0n, 1n << 4n];

/** The checks of each kind of bundle, in the order in which they are made. */
export const CHECKS = {
  score: ["ledger", "basis", "policy", "history", "time", "figures"],
  receipt: ["ledger", "basis", "slot"],
};

/**
 * What a bundle proves. `pins` are the contract, the hash of its code, and the policies that are accepted: their names by
 * their hashes. Throws InvalidProof at the first thing that is not so.
 */
export function verify(bundle, pins, checked = () => {}) {
  return bundle.bundle === "score" ? verifyScore(bundle, pins, checked) : verifyReceipt(bundle, pins, checked);
}

/** Checks a score bundle from its block's header down to the last figure. */
function verifyScore(bundle, pins, checked) {
  const { ledger, company, events, anchor, state } = bundle;
  const chainId = chainOf(ledger, pins);
  checked("ledger");
  const block = readHeader((anchor ?? state).header);
  const statement = readStatement(bundle.statement);
  const sender = anchor ? requireAnchored(bundle, statement, pins, block) : null;
  if (state) requireHeld(bundle, statement, pins, block);
  checked("basis");
  const { head, policy, asOf } = statement;
  if (!Object.hasOwn(pins.policies, policy)) refuse(`the policy ${policy} is none of those that you accept`);
  const given = policyHash(bundle.policy);
  if (given !== policy) refuse(`its policy is ${given}, and its statement's is ${policy}`);
  checked("policy");
  requireHistory(bundle, chainId, pins, head);
  checked("history");
  requireTime(bundle, asOf, block);
  checked("time");
  const { standings, registered } = replayed(events);
  const figures = assured(standings, asOf, bundle.policy);
  requireSame(statement.figures, figures);
  checked("figures");
  return {
    ...{ kind: "score", chainId, contract: pins.contract, company, block, head, sender, figures, asOf },
    ...{ events: events.length, policy: pins.policies[policy] },
    // What it said last of itself counts, even where that is nothing.
    profile: registered && readProfile(registered.uri, registered.profile),
  };
}

/** Checks a receipt bundle from its block's header down to the promise's slot. */
function verifyReceipt({ receipt, state }, pins, checked) {
  const chainId = chainOf(receipt.ledger, pins);
  checked("ledger");
  const block = readHeader(state.header);
  const value = held(state, receipt.id, PROMISES, pins, block);
  checked("basis");
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
  if (address !== checksummed(contract)) {
    refuse(`it is about the ledger ${account.slice(0, 80)}, not ${checksummed(contract)}`);
  }
  return Number(chainId);
}

/** Who anchored the statement. */
function requireAnchored({ company, ledger, anchor }, said, { contract }, block) {
  const { address, topics, data } = logIn(block, anchor.transaction, anchor.log, anchor.nodes);
  if (address !== contract) refuse(`${checksummed(address)} emitted its anchor, and not the ledger`);
  const fits = topics.length === 3 && topics[0] === ANCHORED && data.length === 2 + 3 * 64;
  if (!fits) refuse("the log of its anchor is none");
  const [about, sender] = topics.slice(1).map((topic) => `0x${topic.slice(-40)}`);
  if (about !== company) refuse(`its anchor is about ${checksummed(about)}, not ${checksummed(company)}`);
  const [head, policy, statement] = [0, 1, 2].map((place) => `0x${data.slice(2 + 64 * place, 66 + 64 * place)}`);
  if (said.digest !== statement) refuse(`its statement is ${said.digest}, and ${statement} is anchored`);
  if (said.ledger !== ledger || said.company !== company || said.head !== head || said.policy !== policy) {
    refuse("its statement is about another ledger, company, head or policy than the anchor");
  }
  return sender;
}

/** That the statement's head was the company's after a block. */
function requireHeld({ company, ledger, state }, said, pins, block) {
  if (said.ledger !== ledger || said.company !== company) refuse("its statement is about another ledger or company");
  const head = `0x${held(state, company, HEADS, pins, block).toString(16).padStart(64, "0")}`;
  if (head !== said.head) refuse(`the contract held the head ${head}, and its statement is of ${said.head}`);
}

/** What the ledger held after a block at a key of the mapping that begins at a slot. */
function held({ account, storage }, key, start, pins, block) {
  const place = [key.slice(2), start.toString(16)].map((word) => word.padStart(64, "0")).join("");
  const { code, value } = storedIn(block, read(pins.contract), keccak(read(`0x${place}`)), account, storage);
  if (code !== pins.code) refuse(`the contract's code has the hash ${code}, not ${pins.code}`);
  return value;
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
    const shown = events.length ? reached : "nothing";
    refuse(`its ${events.length} events lead to ${shown}, and its statement is of ${head}`);
  }
}

/** That nobody chose when promises are judged: by an anchor, at the full hour before, or at the last event if later. */
function requireTime({ events, anchor }, asOf, { time }) {
  const last = events.at(-1).time;
  if (last > time) refuse(`its last event is of ${moment(last)}, and its block of ${moment(time)}`);
  const wanted = anchor ? Math.max(last, time - (time % HOUR)) : time;
  if (asOf !== wanted) refuse(`promises are judged as of ${asOf}, and by its block they are to be as of ${wanted}`);
}

/** Where a company's promises stand after its events, and how it registered last. */
function replayed(events) {
  let place = 0;
  let registered = null;
  function* decoded() {
    for (const event of events) {
      place += 1;
      const found = decode(event);
      if (found.event === "Registered") registered = found;
      yield found;
    }
  }
  try {
    return { standings: standingsOf(decoded()), registered };
  } catch (error) {
    return refuse(`event ${place} can't come from the ledger: ${error.message}`);
  }
}

function refuse(why) {
  throw new InvalidProof(why);
}
