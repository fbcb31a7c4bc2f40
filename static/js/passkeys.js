// @ts-check
// Passkeys: what the browser calls PublicKeyCredential. Older ones lack the JSON helpers; they are made up for here.

const bytes = (/** @type {string} */ text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0))

const text = (/** @type {ArrayBuffer|null|undefined} */ buffer) =>
  buffer ? btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") : undefined

/** Does this phone know passkeys behind its own lock? */
export const knowsPasskeys = async () =>
  !!globalThis.PublicKeyCredential && (await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().catch(() => false))

/** @param {string} address @param {object} [body] */
async function post(address, body = {}) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang },
    body: JSON.stringify(body),
  })
  const said = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Error(said.problem ?? "")
  return said
}

/** @param {any} made */
const asJson = (made) => ({
  id: made.id,
  rawId: text(made.rawId),
  type: made.type,
  authenticatorAttachment: made.authenticatorAttachment ?? undefined,
  clientExtensionResults: made.getClientExtensionResults(),
  response: {
    clientDataJSON: text(made.response.clientDataJSON),
    attestationObject: text(made.response.attestationObject),
    authenticatorData: text(made.response.authenticatorData),
    signature: text(made.response.signature),
    userHandle: text(made.response.userHandle),
    transports: made.response.getTransports?.(),
  },
})

/** Make a passkey for whoever this session belongs to. Returns where to go next. */
export async function makePasskey() {
  const options = await post("/api/v1/passkeys/options")
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      extensions: { ...options.extensions, prf: {} }, // so that it can open this person's drawer too
      excludeCredentials: (options.excludeCredentials ?? []).map((/** @type {any} */ one) => ({ ...one, id: bytes(one.id) })),
    },
  })
  return (await post("/api/v1/passkeys", asJson(made))).next
}

/** Sign in with a passkey. Returns where to go next. */
export async function signInWithPasskey(back = "") {
  const options = await post("/api/v1/sign-in/options")
  const proof = await navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge) } })
  return (await post(`/api/v1/sign-in${back && `?back=${encodeURIComponent(back)}`}`, asJson(proof))).next
}

/**
 * What a passkey of this phone gives out for a salt, behind the phone's own lock and without a network; null where it cannot.
 * @type {import("../../service_worker/drawers.js").AskLock}
 */
export async function askLock(salt, passkey) {
  const given = /** @type {PublicKeyCredential|null} */ (await navigator.credentials.get({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)), // signed for nobody: only the secret is asked for
      allowCredentials: passkey ? [{ type: "public-key", id: passkey }] : [],
      userVerification: "required",
      extensions: { prf: { eval: { first: salt } } },
    },
  }).catch(() => null))
  const secret = given?.getClientExtensionResults().prf?.results?.first
  return given && secret ? { secret, passkey: new Uint8Array(given.rawId) } : null
}
