// What Ethereum nodes say of a block that something was proven of: all that are asked have to say the same.
import { digest, read } from "./bytes.mjs";
import { InvalidProof, Unavailable } from "./refusals.mjs";
import { collected } from "./streams.mjs";

const PATIENCE_MS = 15_000;

/** Of one answer: the largest are a block's transactions, by their hashes, and a contract's code. */
const MOST_BYTES = 4 * 1024 * 1024;

/** A shorter part of a URL is no key. */
const SHORTEST_SECRET = 8;

/** The URLs that a text has on its lines, each once. Throws Unavailable where one is none that may be asked. */
export function urlsIn(text) {
  const found = text.split(/\s+/).filter(Boolean).map((line) => allowed(line).href);
  return [...new Set(found)];
}

/** A URL that nobody on the way can change what is loaded from: by https, or of this computer. Throws Unavailable. */
export function allowed(text) {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isHere = url?.protocol === "http:" && ["127.0.0.1", "localhost"].includes(url.hostname);
  if (!isHere && url?.protocol !== "https:") {
    const name = url ? shownOf(url) : text.split(/[/?#]/)[0].slice(0, 80);
    throw new Unavailable(
      `“${name}” is no address that can be asked`,
      "It has to begin with https://, or with http://localhost on your own computer.",
    );
  }
  if (url.username || url.password) {
    throw new Unavailable(
      `the address of ${url.host} has a name or a password in it, and browsers ask no such address`,
      "Ask another node, or your provider for an address that has its key elsewhere.",
    );
  }
  return url;
}

/** Scheme, host and port of a URL, as the command shows it: providers put their keys into the path and the query. */
function shownOf(url) {
  const { protocol, host, pathname, search } = new URL(url);
  return `${protocol}//${host}${["", "/"].includes(pathname) && !search ? "" : "/…"}`;
}

/** What a node says, without the keys of its URL that it may repeat. */
function withoutSecrets(words, url) {
  const { pathname, search, searchParams } = new URL(url);
  const parts = [...pathname.split("/"), search.slice(1), ...searchParams.values()];
  const secrets = parts.filter(({ length }) => length >= SHORTEST_SECRET).sort((one, other) => other.length - one.length);
  return secrets.reduce((said, secret) => said.replaceAll(secret, "…"), words);
}

/** Whose word a node's is: that of whoever runs the host, which may have many ports, paths and names for itself. */
function hostOf(url) {
  const host = new URL(url).hostname.replace(/\.$/, "");
  return /^(127\..*|\[::1\]|(.*\.)?localhost)$/.test(host) ? "your own computer" : host;
}

/**
 * Checks that nodes have the block, all of them, and gives whose word that is, host by host, and for a score whether the
 * company's head is `still` what it was then. Throws InvalidProof where they have another block, and Unavailable, naming
 * the node, where one can't tell or says something else than the others, and whatever `stop` was aborted by.
 */
export async function requireOnChain(proven, urls, pins, stop) {
  const asked = await Promise.allSettled(urls.map((url) => ask(url, proven, pins, stop)));
  stop.throwIfAborted();
  const failed = asked.find(({ status }) => status === "rejected");
  if (failed) throw failed.reason;
  const said = asked.map(({ value }) => value);
  const { block, contract } = proven;
  requireAgreement(said, "code", `the code at ${contract}`);
  if (said[0].code === digest(new Uint8Array())) throw new InvalidProof(`there is no contract at ${contract}`);
  if (said[0].code !== pins.code) {
    throw new InvalidProof(`the code at ${contract} has the hash ${said[0].code}, not ${pins.code}`);
  }
  requireAgreement(said, "hash", `block ${block.number}`);
  if (said[0].hash !== block.hash) {
    throw new InvalidProof(`its block ${block.number} has the hash ${block.hash}, not ${said[0].hash}`);
  }
  const still = proven.kind === "score" ? said.every(({ head }) => head === proven.head) : null;
  return { hosts: [...new Set(urls.map(hostOf))], still };
}

function requireAgreement(said, name, what) {
  const other = said.find((each) => each[name] !== said[0][name]);
  if (other === undefined) return;
  throw new Unavailable(
    `the nodes disagree about ${what}: ${said[0].node} says ${said[0][name]}, and ${other.node} ${other[name]}`,
    "One of them lies or follows another chain. Ask others, and see which two agree.",
  );
}

async function ask(url, { chainId, contract, block, company, kind }, { headOf }, stop) {
  const node = shownOf(url);
  const request = (method, ...params) => requestOf(url, method, params, stop);
  const call = { to: contract, data: `${headOf}${company?.slice(2).padStart(64, "0")}` };
  const [chain, code, found, latest, head] = await Promise.all([
    request("eth_chainId"),
    request("eth_getCode", contract, "latest"),
    request("eth_getBlockByNumber", `0x${block.number.toString(16)}`, false),
    request("eth_blockNumber"),
    kind === "score" ? request("eth_call", call, "latest") : null,
  ]);
  if (!isHex(chain) || !isHex(code) || code.length % 2 || !isHex(latest)) throw nonsense(node);
  if (Number(chain) !== chainId) {
    throw new Unavailable(`the node at ${node} serves chain ${Number(chain)}`, `Give one of chain ${chainId}, the file's.`);
  }
  if (found === null) {
    throw new Unavailable(
      `the node at ${node} has no block ${block.number}: it is at block ${Number(latest)}`,
      "Wait until it has caught up, or ask another node.",
    );
  }
  if (!isHex(found?.hash) || found.hash.length !== 66) throw nonsense(node);
  if (kind === "score" && !(isHex(head) && (head.length === 66 || code === "0x"))) throw nonsense(node);
  return { node, code: digest(read(code)), hash: found.hash.toLowerCase(), head: head?.toLowerCase() };
}

function isHex(text) {
  return typeof text === "string" && /^0x[0-9a-fA-F]*$/.test(text);
}

function nonsense(node) {
  return new Unavailable(`the node at ${node} gives answers that make no sense`, "Ask another node.");
}

async function requestOf(url, method, params, stop) {
  let answer;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      ...PRIVATE,
      signal: AbortSignal.any([stop, AbortSignal.timeout(PATIENCE_MS)]),
    });
    answer = JSON.parse(new TextDecoder().decode(await collected(response.body, MOST_BYTES)));
  } catch (error) {
    const late = error.name === "TimeoutError" ? ` within ${PATIENCE_MS / 1000} seconds` : "";
    throw new Unavailable(
      `no node answers at ${shownOf(url)}${late}`,
      "Check the address, or ask another. Some nodes answer no pages, only programs.",
    );
  }
  if (answer?.error || answer?.result === undefined) {
    const why = withoutSecrets(String(answer?.error?.message ?? "no result"), url).slice(0, 200);
    throw new Unavailable(`the node at ${shownOf(url)} refuses ${method}: ${why}`, "Ask another node.");
  }
  return answer.result;
}

/** What is fetched tells nobody more than that it was. */
export const PRIVATE = { credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store", redirect: "error" };
