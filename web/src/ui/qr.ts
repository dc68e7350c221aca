/**
 * QR codes (ISO/IEC 18004): bytes, error correction level M, versions 1 to 15.
 *
 * Shape  the answer is a square of modules, `true` is dark; the quiet zone around it is the
 *        drawer's. Up to 412 bytes fit, four times what an authenticator's address needs.
 */
const VERSION_MAX = 15
/** By version, from 1: check codewords of a block, and blocks, at level M. */
const CHECKS = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24]
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10]

export function qr(text: string): boolean[][] {
  const bytes = new TextEncoder().encode(text)
  const version = versionFor(bytes.length)
  const codewords = withChecks(dataCodewords(bytes, version), version)
  const drawn = Array.from({ length: 8 }, (_, mask) => draw(codewords, version, mask))
  return drawn.reduce((best, next) => (penalty(next) < penalty(best) ? next : best))
}

function at<T>(list: ArrayLike<T>, index: number): T {
  const value = list[index]
  if (value === undefined) throw new RangeError(`no element ${index}`)
  return value
}

/** Modules that are free for data and checks, in bits. */
function rawBits(version: number): number {
  let bits = (16 * version + 128) * version + 64
  if (version >= 2) {
    const alignments = Math.floor(version / 7) + 2
    bits -= (25 * alignments - 10) * alignments - 55
    if (version >= 7) bits -= 36
  }
  return bits
}

function dataLength(version: number): number {
  return Math.floor(rawBits(version) / 8) - at(CHECKS, version - 1) * at(BLOCKS, version - 1)
}

function versionFor(length: number): number {
  for (let version = 1; version <= VERSION_MAX; version += 1) {
    const header = version < 10 ? 2 : 3
    if (length + header <= dataLength(version)) return version
  }
  throw new RangeError('too long for a QR code')
}

function dataCodewords(bytes: Uint8Array, version: number): number[] {
  const bits: number[] = []
  const put = (value: number, width: number) => {
    for (let bit = width - 1; bit >= 0; bit -= 1) bits.push((value >>> bit) & 1)
  }
  put(0b0100, 4)
  put(bytes.length, version < 10 ? 8 : 16)
  for (const byte of bytes) put(byte, 8)
  const capacity = dataLength(version) * 8
  put(0, Math.min(4, capacity - bits.length))
  put(0, (8 - (bits.length % 8)) % 8)
  for (let pad = 0xec; bits.length < capacity; pad ^= 0xec ^ 0x11) put(pad, 8)
  return Array.from({ length: bits.length / 8 }, (_, index) =>
    bits.slice(index * 8, index * 8 + 8).reduce((sum, bit) => sum * 2 + bit, 0),
  )
}

/** Splits into blocks, adds each block's checks, and interleaves them. */
function withChecks(data: number[], version: number): number[] {
  const count = at(BLOCKS, version - 1)
  const checkLength = at(CHECKS, version - 1)
  const total = Math.floor(rawBits(version) / 8)
  const short = Math.floor(total / count) - checkLength
  const longs = total % count
  const divisor = generator(checkLength)
  const blocks: { data: number[]; checks: number[] }[] = []
  let from = 0
  for (let block = 0; block < count; block += 1) {
    const length = short + (block < count - longs ? 0 : 1)
    const part = data.slice(from, from + length)
    blocks.push({ data: part, checks: remainder(part, divisor) })
    from += length
  }
  const result: number[] = []
  for (let index = 0; index <= short; index += 1) {
    for (const block of blocks) {
      const codeword = block.data[index]
      if (codeword !== undefined) result.push(codeword)
    }
  }
  for (let index = 0; index < checkLength; index += 1) {
    for (const block of blocks) result.push(at(block.checks, index))
  }
  return result
}

/** Multiplies in the field of 256 elements modulo x^8 + x^4 + x^3 + x^2 + 1. */
function multiply(left: number, right: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d)
    product ^= ((right >>> bit) & 1) * left
  }
  return product
}

function generator(degree: number): number[] {
  const result = [...Array<number>(degree - 1).fill(0), 1]
  let root = 1
  for (let step = 0; step < degree; step += 1) {
    for (let index = 0; index < degree; index += 1) {
      result[index] = multiply(at(result, index), root) ^ (result[index + 1] ?? 0)
    }
    root = multiply(root, 2)
  }
  return result
}

function remainder(data: number[], divisor: number[]): number[] {
  const result = divisor.map(() => 0)
  for (const byte of data) {
    const factor = byte ^ (result.shift() ?? 0)
    result.push(0)
    divisor.forEach((coefficient, index) => {
      result[index] = at(result, index) ^ multiply(coefficient, factor)
    })
  }
  return result
}

/** Modules set so far; `undefined` is still free for data. */
type Canvas = (boolean | undefined)[][]

function set(canvas: Canvas, row: number, column: number, dark: boolean) {
  const line = canvas[row]
  if (line && column >= 0 && column < line.length) line[column] = dark
}

function draw(codewords: number[], version: number, mask: number): boolean[][] {
  const size = version * 4 + 17
  const canvas: Canvas = Array.from({ length: size }, () => Array(size).fill(undefined))
  drawPatterns(canvas, size, version)
  drawFormat(canvas, size, mask)
  if (version >= 7) drawVersion(canvas, size, version)
  return filled(canvas, size, codewords, mask)
}

function drawPatterns(canvas: Canvas, size: number, version: number) {
  for (let index = 0; index < size; index += 1) {
    set(canvas, 6, index, index % 2 === 0)
    set(canvas, index, 6, index % 2 === 0)
  }
  const centres = alignments(size, version)
  const last = centres.length - 1
  centres.forEach((row, i) =>
    centres.forEach((column, j) => {
      const finder = (i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0)
      if (!finder) square(canvas, row, column, 2, (ring) => ring !== 1)
    }),
  )
  for (const [row, column] of [
    [3, 3],
    [3, size - 4],
    [size - 4, 3],
  ] as const) {
    square(canvas, row, column, 4, (ring) => ring !== 2 && ring !== 4)
  }
}

function alignments(size: number, version: number): number[] {
  if (version === 1) return []
  const count = Math.floor(version / 7) + 2
  const step = Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2
  const rest = Array.from({ length: count - 1 }, (_, index) => size - 7 - index * step)
  return [6, ...rest.toReversed()]
}

function square(
  canvas: Canvas,
  row: number,
  column: number,
  radius: number,
  dark: (ring: number) => boolean,
) {
  for (let y = -radius; y <= radius; y += 1) {
    for (let x = -radius; x <= radius; x += 1) {
      set(canvas, row + y, column + x, dark(Math.max(Math.abs(x), Math.abs(y))))
    }
  }
}

/** Level M and the mask, twice, with their own checks. */
function drawFormat(canvas: Canvas, size: number, mask: number) {
  let checks = mask
  for (let step = 0; step < 10; step += 1) checks = (checks << 1) ^ ((checks >>> 9) * 0x537)
  const bits = ((mask << 10) | checks) ^ 0x5412
  const bit = (index: number) => ((bits >>> index) & 1) === 1
  for (let index = 0; index < 6; index += 1) set(canvas, index, 8, bit(index))
  set(canvas, 7, 8, bit(6))
  set(canvas, 8, 8, bit(7))
  set(canvas, 8, 7, bit(8))
  for (let index = 9; index < 15; index += 1) set(canvas, 8, 14 - index, bit(index))
  for (let index = 0; index < 8; index += 1) set(canvas, 8, size - 1 - index, bit(index))
  for (let index = 8; index < 15; index += 1) set(canvas, size - 15 + index, 8, bit(index))
  set(canvas, size - 8, 8, true)
}

function drawVersion(canvas: Canvas, size: number, version: number) {
  let checks = version
  for (let step = 0; step < 12; step += 1) checks = (checks << 1) ^ ((checks >>> 11) * 0x1f25)
  const bits = (version << 12) | checks
  for (let index = 0; index < 18; index += 1) {
    const dark = ((bits >>> index) & 1) === 1
    const [near, far] = [Math.floor(index / 3), size - 11 + (index % 3)]
    set(canvas, near, far, dark)
    set(canvas, far, near, dark)
  }
}

const MASKS: ((row: number, column: number) => boolean)[] = [
  (row, column) => (row + column) % 2 === 0,
  (row) => row % 2 === 0,
  (_, column) => column % 3 === 0,
  (row, column) => (row + column) % 3 === 0,
  (row, column) => (Math.floor(row / 2) + Math.floor(column / 3)) % 2 === 0,
  (row, column) => ((row * column) % 2) + ((row * column) % 3) === 0,
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2 === 0,
  (row, column) => (((row + column) % 2) + ((row * column) % 3)) % 2 === 0,
]

/** Writes the codewords into the free modules, in columns of two, up and down, from the right. */
function filled(canvas: Canvas, size: number, codewords: number[], mask: number): boolean[][] {
  const result = canvas.map((line) => line.map((module) => module === true))
  const masked = at(MASKS, mask)
  let bit = 0
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5
    for (let step = 0; step < size; step += 1) {
      const upward = ((right + 1) & 2) === 0
      const row = upward ? size - 1 - step : step
      for (const column of [right, right - 1]) {
        if (at(canvas, row)[column] !== undefined) continue
        const codeword = codewords[bit >>> 3] ?? 0
        const dark = ((codeword >>> (7 - (bit & 7))) & 1) === 1
        bit += 1
        at(result, row)[column] = dark !== masked(row, column)
      }
    }
  }
  return result
}

/** How hard a drawing is to read: long runs, blocks of one colour, an uneven share of dark. */
function penalty(modules: boolean[][]): number {
  const size = modules.length
  let sum = 0
  let dark = 0
  for (let row = 0; row < size; row += 1) {
    let [across, down] = [1, 1]
    for (let column = 0; column < size; column += 1) {
      const here = at(at(modules, row), column)
      if (here) dark += 1
      if (column === 0) continue
      across = here === at(at(modules, row), column - 1) ? across + 1 : 1
      down = modules[column]?.[row] === modules[column - 1]?.[row] ? down + 1 : 1
      for (const run of [across, down]) if (run >= 5) sum += run === 5 ? 3 : 1
      const above = modules[row - 1]
      if (above && above[column] === here && above[column - 1] === here) {
        if (modules[row]?.[column - 1] === here) sum += 3
      }
    }
  }
  return sum + Math.floor(Math.abs((dark * 20) / (size * size) - 10)) * 10
}
