// Streams of bytes whose length nobody knows beforehand.

/**
 * All that a stream gives, never more than allowed in memory; `told` hears how much there is so far. Throws RangeError
 * where it is longer.
 */
export async function collected(stream, most, told = () => {}) {
  const reader = stream.getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.length;
    if (size > most) {
      await reader.cancel().catch(() => {});
      throw new RangeError(`it holds more than ${most.toLocaleString("en")} bytes`);
    }
    told(size);
  }
  const content = new Uint8Array(size);
  let place = 0;
  for (const part of parts) {
    content.set(part, place);
    place += part.length;
  }
  return content;
}
