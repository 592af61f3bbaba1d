// RLP, Ethereum's serialisation, strictly: one item, in the only way that it can be written (Yellow Paper, appendix B).
import { InvalidProof } from "./refusals.mjs";

const MOST_DEEP = 32;

/** What bytes are the RLP of: bytes, or a list of such. Throws InvalidProof. */
export function decode(content) {
  const [item, end] = itemAt(content, 0, 0);
  if (end !== content.length) refuse("something comes after its end");
  return item;
}

/** The RLP of an integer that is not negative. */
export function encodeInteger(value) {
  if (value > 0 && value < 0x80) return Uint8Array.of(value);
  const bytes = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.of(0x80 + bytes.length, ...bytes);
}

function itemAt(content, start, depth) {
  if (depth > MOST_DEEP) refuse("it is nested too deeply");
  const prefix = content[start];
  if (prefix === undefined) refuse("it is cut off");
  if (prefix < 0x80) return [content.subarray(start, start + 1), start + 1];
  const isList = prefix >= 0xc0;
  const [from, end] = span(content, start, prefix - (isList ? 0xc0 : 0x80));
  if (!isList) {
    if (end - from === 1 && content[from] < 0x80) refuse("a byte is written at length");
    return [content.subarray(from, end), end];
  }
  const items = [];
  const inside = content.subarray(0, end);
  for (let place = from; place < end; ) {
    const [item, next] = itemAt(inside, place, depth + 1);
    items.push(item);
    place = next;
  }
  return [items, end];
}

/** Where an item's payload begins and ends, by its first byte's `size`: a length, or the length of one less 55. */
function span(content, start, size) {
  let [from, length] = [start + 1, size];
  if (size > 55) {
    from += size - 55;
    const digits = content.subarray(start + 1, from);
    length = digits.reduce((sum, byte) => 256 * sum + byte, 0);
    if (digits.length !== size - 55 || digits[0] === 0 || length <= 55) refuse("a length is not as short as it can be");
  }
  if (from + length > content.length) refuse("it is cut off");
  return [from, from + length];
}

function refuse(why) {
  throw new InvalidProof(`it is not RLP: ${why}`);
}
