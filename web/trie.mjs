// Proofs in Ethereum's Merkle–Patricia tries, checked strictly (Yellow Paper, appendix D).
//
// A proof is the nodes from the root down to a value, in that order: none may be missing, and none may be too many.
import { keccak, same, show } from "./bytes.mjs";
import { InvalidProof } from "./refusals.mjs";
import { decode } from "./rlp.mjs";

const MOST_NODES = 64;
const HASHED_FROM = 32;
const NOTHING = "the trie holds nothing at that place";

/** The value that a trie holds at a key. Throws InvalidProof, also where the trie holds none. */
export function valueIn(root, key, nodes) {
  if (nodes.length > MOST_NODES) throw new InvalidProof(`it has ${nodes.length} trie nodes, and no trie is so deep`);
  const ahead = [...nodes];
  let path = nibblesOf(key);
  let reference = root;
  for (;;) {
    const node = opened(reference, ahead);
    if (node.length === 17) {
      if (!path.length) return value(node[16], ahead);
      reference = node[path[0]];
      path = path.slice(1);
    } else if (node.length === 2) {
      const { part, isLeaf } = pathIn(node[0]);
      const fits = part.every((nibble, place) => nibble === path[place]);
      if (!fits || (isLeaf && path.length !== part.length)) throw new InvalidProof(NOTHING);
      if (isLeaf) return value(node[1], ahead);
      path = path.slice(part.length);
      reference = node[1];
    } else throw new InvalidProof(`a trie node has ${node.length} parts, not 2 or 17`);
  }
}

/** The node that a reference means: one in the proof by its hash, or a small one that stands there itself. */
function opened(reference, ahead) {
  if (Array.isArray(reference)) return reference;
  if (!reference.length) throw new InvalidProof(NOTHING);
  if (reference.length !== HASHED_FROM) throw new InvalidProof(`a reference in the trie has ${reference.length} bytes`);
  const content = ahead.shift();
  if (content === undefined) throw new InvalidProof("a trie node is missing");
  if (!same(keccak(content), reference)) {
    throw new InvalidProof("a trie node is not the one that its parent names, or the root is another");
  }
  const node = decode(content);
  if (!Array.isArray(node)) throw new InvalidProof("a trie node is no list");
  return node;
}

/** A compact path, and whether a leaf's (Yellow Paper, appendix C). */
function pathIn(part) {
  if (Array.isArray(part) || !part.length) throw new InvalidProof("a trie node has no path");
  const nibbles = nibblesOf(part);
  const flag = nibbles[0];
  if (flag > 3 || (flag % 2 === 0 && nibbles[1] !== 0)) {
    throw new InvalidProof(`a trie node's path begins with ${show(part.subarray(0, 1))}`);
  }
  return { part: nibbles.slice(flag % 2 ? 1 : 2), isLeaf: flag >= 2 };
}

function value(found, ahead) {
  if (Array.isArray(found) || !found.length) throw new InvalidProof(NOTHING);
  if (ahead.length) throw new InvalidProof(`${ahead.length} trie nodes are left over`);
  return found;
}

function nibblesOf(bytes) {
  return Array.from(bytes, (byte) => [byte >> 4, byte & 15]).flat();
}
