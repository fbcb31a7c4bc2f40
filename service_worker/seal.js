// @ts-check
// Seals what is recorded so that only the server can read it; volunteer_app/sealing.py is the other half.

const PURPOSE = new TextEncoder().encode("tung-nha outbox 1")
export const CURVE = { name: "ECDH", namedCurve: "P-256" }

/**
 * A box: ephemeral public key, nonce, ciphertext. Nobody on this phone can open it again.
 * @param {{key_id: string, public: string}} key the server's, from the field pack
 * @param {string} id the operation's: a box cannot take another's place
 * @param {object} content
 * @returns {Promise<{key_id: string, sealed: string}>}
 */
export const seal = async (key, id, content) => ({ key_id: key.key_id, sealed: toBase64(await sealTo(fromBase64(key.public), id, content)) })

/** @param {Uint8Array<ArrayBuffer>} theirs a public point @param {string} id @param {object} content */
export async function sealTo(theirs, id, content) {
  const publicKey = await crypto.subtle.importKey("raw", theirs, CURVE, false, [])
  const ours = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]))
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", ours.publicKey))
  const secret = await secretOf(ours.privateKey, publicKey, joined(point, theirs), "encrypt")
  const nonce = crypto.getRandomValues(new Uint8Array(12))
  const text = new TextEncoder().encode(JSON.stringify(content))
  return joined(point, nonce, new Uint8Array(await crypto.subtle.encrypt(boundTo(id, nonce), secret, text)))
}

/**
 * What such a box holds.
 * @param {CryptoKey} ours @param {Uint8Array<ArrayBuffer>} ourPoint @param {string} id
 * @param {Uint8Array<ArrayBuffer>} box @returns {Promise<any>}
 */
export async function openBox(ours, ourPoint, id, box) {
  const [point, nonce, closed] = [box.slice(0, 65), box.slice(65, 77), box.slice(77)]
  const publicKey = await crypto.subtle.importKey("raw", point, CURVE, false, [])
  const secret = await secretOf(ours, publicKey, joined(point, ourPoint), "decrypt")
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(boundTo(id, nonce), secret, closed)))
}

/**
 * The key that both sides reach.
 * @param {CryptoKey} ours @param {CryptoKey} theirs @param {Uint8Array<ArrayBuffer>} salt
 * @param {"encrypt"|"decrypt"} use
 */
async function secretOf(ours, theirs, salt, use) {
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, ours, 256)
  const stretched = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"])
  return crypto.subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt, info: PURPOSE }, stretched, { name: "AES-GCM", length: 256 }, false, [use])
}

/** @param {string} id @param {Uint8Array<ArrayBuffer>} nonce */
const boundTo = (id, nonce) => ({ name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(id) })

/** @param {...Uint8Array} parts */
function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) { whole.set(part, at); at += part.length }
  return whole
}

/** @param {string} text base64url */
export const fromBase64 = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0))

/** @param {Uint8Array} bytes */
export const toBase64 = (bytes) => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
