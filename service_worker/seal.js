// @ts-check
// Seals what is recorded so that only the server can read it; volunteer_app/sealing.py is the other half.

const PURPOSE = new TextEncoder().encode("tung-nha outbox 1")
const CURVE = { name: "ECDH", namedCurve: "P-256" }

/**
 * A box: ephemeral public key, nonce, ciphertext. Nobody on this phone can open it again.
 * @param {{key_id: string, public: string}} key the server's, from the field pack
 * @param {string} id the operation's: a box cannot take another's place
 * @param {object} content
 * @returns {Promise<{key_id: string, sealed: string}>}
 */
export async function seal(key, id, content) {
  const theirs = fromBase64(key.public)
  const publicKey = await crypto.subtle.importKey("raw", theirs, CURVE, false, [])
  const ours = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]))
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", ours.publicKey))
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: publicKey }, ours.privateKey, 256)
  const stretched = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"])
  const secret = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: joined(point, theirs), info: PURPOSE },
    stretched, { name: "AES-GCM", length: 256 }, false, ["encrypt"],
  )
  const nonce = crypto.getRandomValues(new Uint8Array(12))
  const text = new TextEncoder().encode(JSON.stringify(content))
  const bound = { name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(id) }
  const closed = new Uint8Array(await crypto.subtle.encrypt(bound, secret, text))
  return { key_id: key.key_id, sealed: toBase64(joined(point, nonce, closed)) }
}

/** @param {...Uint8Array} parts */
function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) { whole.set(part, at); at += part.length }
  return whole
}

/** @param {string} text base64url */
const fromBase64 = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0))

/** @param {Uint8Array} bytes */
const toBase64 = (bytes) => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
