// @ts-check
// One request to our server. Anything that is not our server's own JSON counts as "no network".

import { correctBy } from "./clock.js"
import { dropKey, signed, useNext } from "./signing.js"
import { answer, fact, transaction } from "./store.js"

const PATIENCE_MS = 30_000

/** Answers that blame what was sent; all others blame the moment or whoever asks. */
const DELIVERY_AT_FAULT = [400, 409, 410, 413, 414, 415, 422]

/** Why sending stopped; nothing is lost by any of them. */
export class Stopped extends Error {
  /**
   * @param {"offline"|"signed_out"|"revoked"|"busy"|"not_ours"} why
   * @param {number|null} [wait] seconds that the server asks for
   */
  constructor(why, wait = null) {
    super(why)
    this.why = why
    this.wait = wait
    /** Only some entries got no answer; all else can go on. */
    this.isOfEntries = false
  }
}

/**
 * @param {string} address @param {{person_id?: string, ops?: object[]}|null} body signed with the key of who is named in it @param {string} [mark]
 * @returns {Promise<any>} what it said; "unchanged", or "refused" when it will not have this delivery as it is
 */
export async function ask(address, body, mark) {
  let response
  const text = body && JSON.stringify(body)
  const signature = text && await signed(body?.person_id, body.ops?.length ? "delivery" : "hello", text)
  try {
    response = await fetch(address, {
      method: body ? "POST" : "GET",
      headers: {
        ...(body ? { "Content-Type": "application/json" } : {}),
        ...(signature ? { "Signing-Key": signature.key, Signature: signature.signature } : {}),
        ...(mark ? { "If-None-Match": `"${mark}"` } : {}),
        "Accept-Language": (await fact("language")) ?? "vi",
      },
      ...(text ? { body: text } : {}),
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
  } catch {
    throw new Stopped("offline")
  }
  if (response.status === 304 && mark) {
    await keepTime(Date.parse(response.headers.get("Date") ?? ""))
    return "unchanged"
  }
  if (DELIVERY_AT_FAULT.includes(response.status) && body) return "refused"
  if (response.status === 429 || response.status >= 500) throw new Stopped("busy", Number(response.headers.get("Retry-After")) || null)
  let said
  try {
    said = await response.json()
  } catch {
    // a captive portal answers 200 with its own page
    throw new Stopped(response.status === 401 ? "signed_out" : "not_ours")
  }
  if (response.status === 401) throw new Stopped(said?.code === "revoked" ? "revoked" : "signed_out")
  if (!response.ok) throw new Stopped("busy")
  await recognise(said)
  if (said.key_is_known && body?.person_id && signature) await useNext(body.person_id, signature.key)
  if (said.key_is_over && body?.person_id) await dropKey(body.person_id)
  return { ...said, bytes: Number(response.headers.get("Content-Length")) }
}

/** Is it the server that this phone knows, and has it not gone back in time? @param {any} said */
async function recognise(said) {
  const [ours, epoch] = [await fact("server_id"), await fact("epoch")]
  if (!said?.server_id || (ours && said.server_id !== ours)) throw new Stopped("not_ours")
  // a process from before a restore: what it says of our items counts for nothing
  if (said.epoch < epoch) throw new Stopped("busy")
  await keepTime(Date.parse(said.time ?? said.as_of))
  await transaction(["outbox", "facts"], "readwrite", async (s) => {
    s.facts.put(said.server_id, "server_id")
    s.facts.put(said.epoch, "epoch")
    if (said.durable_through) s.facts.put(said.durable_through, "durable_through")
    if (epoch && epoch !== said.epoch) await beginAgain(s)
  })
  if (epoch && epoch !== said.epoch) throw new Stopped("busy", 0) // the next attempt sends and fetches everything
}

/** What time it is there, and how far this phone's clock is from it. @param {number} time milliseconds */
async function keepTime(time) {
  if (!time) return
  const offset = time - Date.now()
  correctBy(offset)
  await transaction(["facts"], "readwrite", (s) => {
    s.facts.put(offset, "clock_offset")
    s.facts.put(new Date(time).toISOString(), "contact_at")
  })
}

/**
 * The server was restored from a backup: send all that is still held, whatever was said of it before (repeats do no
 * harm), fetch all anew.
 * @param {Record<string, IDBObjectStore>} s
 */
async function beginAgain(s) {
  for (const item of await answer(s.outbox.getAll())) {
    if (item.state !== "ready" && item.state !== "mended") s.outbox.put({ ...item, state: "ready", reason: null, receipt: null })
  }
  for (const key of ["cursors", "pack_mark", "durable_through"]) s.facts.delete(key)
}
