// Exact arithmetic for scores: integers of any size, fractions of them, and the roots and divisions that round.

/** The quotient, rounded down, of integers of which the second is positive. */
export function floorDiv(value, divisor) {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}

/** The quotient rounded up. */
export function ceilDiv(value, divisor) {
  return -floorDiv(-value, divisor);
}

/** The least integer whose square is at least a value. */
export function rootUp(value) {
  if (value < 2n) return value;
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root * root === value ? root : root + 1n;
    root = next;
  }
}

/** A fraction, in its lowest terms, its denominator positive. */
export function fraction(numerator, denominator = 1n) {
  let [a, b] = [BigInt(numerator), BigInt(denominator)];
  if (b < 0n) [a, b] = [-a, -b];
  let [x, y] = [a < 0n ? -a : a, b];
  while (y) [x, y] = [y, x % y];
  return x ? { n: a / x, d: b / x } : { n: 0n, d: 1n };
}

export const plus = (one, other) => fraction(one.n * other.d + other.n * one.d, one.d * other.d);
export const minus = (one, other) => fraction(one.n * other.d - other.n * one.d, one.d * other.d);
export const times = (one, other) => fraction(one.n * other.n, one.d * other.d);
export const over = (one, other) => fraction(one.n * other.d, one.d * other.n);
export const less = (one, other) => one.n * other.d < other.n * one.d;
