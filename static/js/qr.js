// @ts-check
// QR codes drawn on the phone itself, without a network: small ones (version 2 or 3, error correction M) of capitals,
// digits and $%*+-./: – addresses of ours, in capitals. The numbers are those of ISO/IEC 18004.

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
const SIZES = [{ side: 25, data: 28, check: 16 }, { side: 29, data: 44, check: 26 }]
const FORMAT = 0b101111001111100 // level M, mask 2: every third column is turned over
const QUIET = 4

/** Powers of 2 in GF(256) and their logarithms. */
const power = [1]
for (let i = 1; i < 255; i++) power[i] = (power[i - 1] << 1) ^ (power[i - 1] & 0x80 ? 0x11d : 0)
const log = /** @type {number[]} */ ([])
power.forEach((value, i) => { log[value] = i })
const times = (/** @type {number} */ a, /** @type {number} */ b) => a && b ? power[(log[a] + log[b]) % 255] : 0

/** The text as bytes: mode, length, letters in pairs, filled up. @param {string} text @param {number} most */
function bytesOf(text, most) {
  const letters = [...text].map((letter) => LETTERS.indexOf(letter))
  if (letters.includes(-1)) throw new RangeError(`not for a QR code of capitals: ${text}`)
  let bits = "0010" + letters.length.toString(2).padStart(9, "0")
  for (let i = 0; i < letters.length; i += 2) {
    bits += i + 1 < letters.length
      ? (letters[i] * 45 + letters[i + 1]).toString(2).padStart(11, "0")
      : letters[i].toString(2).padStart(6, "0")
  }
  if (bits.length > most * 8) return null
  bits = bits.padEnd(Math.min(most * 8, bits.length + 4), "0")
  const bytes = (bits.match(/.{1,8}/g) ?? []).map((byte) => parseInt(byte.padEnd(8, "0"), 2))
  for (let fill = 0xec; bytes.length < most; fill ^= 0xfd) bytes.push(fill)
  return bytes
}

/** Reed–Solomon: the rest of the division by (x−1)(x−2)(x−4)… @param {number[]} bytes @param {number} count */
function checkOf(bytes, count) {
  let divisor = [1]
  for (let i = 0; i < count; i++) {
    divisor = [...divisor, 0].map((value, at) => value ^ (at ? times(divisor[at - 1], power[i]) : 0))
  }
  const rest = [...bytes, ...Array(count).fill(0)]
  bytes.forEach((_, i) => {
    const factor = rest[i]
    divisor.forEach((value, at) => { rest[i + at] ^= times(value, factor) })
  })
  return rest.slice(bytes.length)
}

/** Everything but the data; null where the data goes. @param {number} side */
function patterns(side) {
  const rows = Array.from({ length: side }, () => /** @type {(boolean|null)[]} */ (Array(side).fill(null)))
  /**
   * A ring pattern around a centre: dark where `ring` says so.
   * @param {number} cx @param {number} cy @param {number} reach @param {(ring: number) => boolean} dark
   */
  const rings = (cx, cy, reach, dark) => {
    for (let y = cy - reach; y <= cy + reach; y++) {
      for (let x = cx - reach; x <= cx + reach; x++) {
        if (rows[y]?.[x] !== undefined) rows[y][x] = dark(Math.max(Math.abs(x - cx), Math.abs(y - cy)))
      }
    }
  }
  for (const [x, y] of [[3, 3], [side - 4, 3], [3, side - 4]]) rings(x, y, 4, (ring) => ring !== 2 && ring !== 4)
  rings(side - 7, side - 7, 2, (ring) => ring !== 1)
  for (let i = 8; i < side - 8; i++) rows[6][i] = rows[i][6] = i % 2 === 0
  for (let i = 0; i < 15; i++) {
    const dark = Boolean((FORMAT >> i) & 1)
    rows[i < 6 ? i : i < 8 ? i + 1 : side - 15 + i][8] = dark
    rows[8][i < 8 ? side - 1 - i : i === 8 ? 7 : 14 - i] = dark
  }
  rows[side - 8][8] = true
  return rows
}

/**
 * The dark squares of a code, row by row. Throws RangeError for a text that does not fit.
 * @param {string} text @returns {boolean[][]}
 */
export function squaresOf(text) {
  for (const { side, data, check } of SIZES) {
    const bytes = bytesOf(text, data)
    if (!bytes) continue
    const bits = [...bytes, ...checkOf(bytes, check)].flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((i) => (byte >> i) & 1))
    const rows = patterns(side)
    let next = 0
    for (let right = side - 1, up = true; right > 0; right -= right === 8 ? 3 : 2, up = !up) {
      for (let i = 0; i < side; i++) {
        const row = rows[up ? side - 1 - i : i]
        for (const x of [right, right - 1]) row[x] ??= Boolean(bits[next++]) !== (x % 3 === 0)
      }
    }
    return /** @type {boolean[][]} */ (rows)
  }
  throw new RangeError(`too long for a small QR code: ${text}`)
}

/** The code as an SVG, black on white with its quiet zone. @param {string} text capitals */
export function drawQr(text) {
  const rows = squaresOf(text)
  const size = rows.length + 2 * QUIET
  const boxes = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")))
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`)
  svg.setAttribute("class", "qr")
  svg.setAttribute("shape-rendering", "crispEdges")
  for (const [fill, d] of [["#fff", `M0 0h${size}v${size}H0z`], ["#000", boxes.join("")]]) {
    const path = document.createElementNS(svg.namespaceURI, "path")
    path.setAttribute("fill", /** @type {string} */ (fill))
    path.setAttribute("d", /** @type {string} */ (d))
    svg.append(path)
  }
  return svg
}

/**
 * The address at which a citizen's own phone goes on with a guide: same step, same language.
 * @param {number} number the guide's number @param {number} step its place in the whole guide; the first is 1 @param {string} language
 */
export const handoverAddress = (number, step, language) => `${location.origin}/g/${number}/${step}/${language}`.toUpperCase()
