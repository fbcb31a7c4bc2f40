// @ts-check
// Photos of a screen that changed: shrunk, kept beside their report, sent once every text has gone, forgotten once
// there.

import { announce } from "./changes.js"
import { nowWithZone } from "./outbox.js"
import { request, Stopped, upload } from "./recordings.js"
import { all, answer, keepFact, transaction } from "./store.js"

/**
 * Keep a photo beside its report.
 * @param {string} report @param {Blob} photo @param {{guide: string, step: string}} where which step it shows
 */
export async function keepPhoto(report, photo, { guide, step }) {
  const body = await photo.arrayBuffer()
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body))
  const sha256 = [...hash].map((b) => b.toString(16).padStart(2, "0")).join("")
  await transaction(["photos", "facts"], "readwrite", (s) => {
    s.photos.put({ id: report, sha256, bytes: body.byteLength, body, guide, step })
    s.facts.put(true, "has_photos")
  })
}

/** Forget a photo. @param {string} report */
export const dropPhoto = (report) => transaction(["photos"], "readwrite", (s) => { s.photos.delete(report) })

/** Deliver what waits; one whose report the server does not have yet stays. Safe to call at any time, from any tab. */
export const sendPhotos = () => navigator.locks.request("photos", async () => {
  try {
    for (const photo of await all("photos")) {
      await upload(photo.sha256, photo.body)
      const said = await tell(photo)
      if (said.outcome === "refused") await putAside(photo, said.why).then(announce)
      else if (said.outcome === "accepted" || said.outcome === "duplicate") await dropPhoto(photo.id)
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
  }
  await keepFact("has_photos", (await all("photos")).length > 0)
})

/**
 * The server cannot use it: it goes, and its person is told where and why until they have read it.
 * @param {any} photo @param {string} why
 */
const putAside = ({ id, guide, step }, why) => transaction(["photos", "facts"], "readwrite", async (s) => {
  const before = (await answer(s.facts.get("refused_photos"))) ?? []
  s.facts.put([...before, { guide, step, why, at: nowWithZone() }], "refused_photos")
  s.photos.delete(id)
})

/** @param {any} photo */
async function tell({ id, sha256 }) {
  const body = JSON.stringify({ report: id, sha256 })
  const said = await request("/api/v1/screen-photos", { method: "POST", headers: { "Content-Type": "application/json" }, body })
  if (!said.ok) throw new Stopped()
  return said.json().catch(() => { throw new Stopped() })
}
