// Bytes: their hexadecimal text, their keccak256, and the addresses that they may be.
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

export const keccak = keccak_256;
export { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

/** The bytes that hexadecimal text with 0x stands for. Throws where it is none. */
export function read(text) {
  if (typeof text !== "string" || !text.startsWith("0x")) throw new TypeError(`${text} is not hexadecimal with 0x`);
  return hexToBytes(text.slice(2));
}

/** Hexadecimal text with 0x. */
export function show(bytes) {
  return `0x${bytesToHex(bytes)}`;
}

/** keccak256 as text, of bytes or of the UTF-8 of a text. */
export function digest(content) {
  return show(keccak(typeof content === "string" ? utf8ToBytes(content) : content));
}

/** Whether two pieces of bytes are the same. */
export function same(one, other) {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}

/** An address, in hexadecimal text of any case, with its checksum (EIP-55). */
export function checksummed(address) {
  const digits = address.slice(2).toLowerCase();
  const marks = bytesToHex(keccak(utf8ToBytes(digits)));
  return `0x${[...digits].map((digit, place) => (marks[place] > "7" ? digit.toUpperCase() : digit)).join("")}`;
}

/** Whether a text is an address; one in mixed case must have a right checksum. */
export function isAddress(text) {
  if (typeof text !== "string" || !/^0x[0-9a-fA-F]{40}$/.test(text)) return false;
  const digits = text.slice(2);
  return digits === digits.toLowerCase() || digits === digits.toUpperCase() || checksummed(text) === text;
}
