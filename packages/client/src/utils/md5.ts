/** How far each of the 64 steps turns its word (RFC 1321). */
const turns = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
const sines = Int32Array.from({ length: 64 }, (_, step) =>
  Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32),
);
const blockSize = 64;

/**
 * MD5 (RFC 1321), for runtimes that do not offer it. Storage services compare files by it; it
 * protects from accidents only.
 */
export class Md5 {
  #state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  readonly #rest = new Uint8Array(blockSize);
  #used = 0;
  #length = 0;

  /** Takes bytes in. */
  update(bytes: Uint8Array): void {
    this.#length += bytes.length;
    let offset = 0;
    if (this.#used > 0) {
      offset = Math.min(blockSize - this.#used, bytes.length);
      this.#rest.set(bytes.subarray(0, offset), this.#used);
      this.#used += offset;
      if (this.#used < blockSize) return;
      this.#mix(this.#rest, 0);
      this.#used = 0;
    }
    for (; offset + blockSize <= bytes.length; offset += blockSize) this.#mix(bytes, offset);
    this.#rest.set(bytes.subarray(offset));
    this.#used = bytes.length - offset;
  }

  /** The digest of all bytes so far, in hexadecimal; more may follow. */
  digest(): string {
    const tail = new Md5();
    tail.#state = this.#state.slice();
    const padding = new Uint8Array((this.#used < 56 ? 56 : 120) - this.#used + 8);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, (this.#length * 8) >>> 0, true);
    view.setUint32(padding.length - 4, Math.floor(this.#length / 2 ** 29), true);
    tail.update(this.#rest.subarray(0, this.#used));
    tail.update(padding);
    const words = new DataView(new ArrayBuffer(16));
    tail.#state.forEach((word, index) => {
      words.setInt32(index * 4, word, true);
    });
    return Array.from(new Uint8Array(words.buffer), (byte) =>
      byte.toString(16).padStart(2, '0'),
    ).join('');
  }

  #mix(bytes: Uint8Array, offset: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset + offset, blockSize);
    let [a = 0, b = 0, c = 0, d = 0] = this.#state;
    for (let index = 0; index < 64; index += 1) {
      let mixed = c ^ (b | ~d);
      let word = 7 * index;
      if (index < 16) {
        mixed = (b & c) | (~b & d);
        word = index;
      } else if (index < 32) {
        mixed = (d & b) | (~d & c);
        word = 5 * index + 1;
      } else if (index < 48) {
        mixed = b ^ c ^ d;
        word = 3 * index + 5;
      }
      const sum = (a + mixed + (sines[index] ?? 0) + view.getInt32((word % 16) * 4, true)) | 0;
      const turn = turns[(index >> 4) * 4 + (index % 4)] ?? 0;
      a = d;
      d = c;
      c = b;
      b = (b + ((sum << turn) | (sum >>> (32 - turn)))) | 0;
    }
    const [first = 0, second = 0, third = 0, fourth = 0] = this.#state;
    this.#state = Int32Array.of(first + a, second + b, third + c, fourth + d);
  }
}
