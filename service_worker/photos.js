// @ts-check
// Photos of a screen that changed: shrunk, kept beside their report, sent once every text has gone, forgotten once there.

import { request, Stopped, upload } from "./recordings.js"
import { all, keepFact, transaction } from "./store.js"

/** Keep a photo beside its report. @param {string} report @param {Blob} photo */
export async function keepPhoto(report, photo) {
  const body = await photo.arrayBuffer()
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body))
  const sha256 = [...hash].map((b) => b.toString(16).padStart(2, "0")).join("")
  await transaction(["photos", "facts"], "readwrite", (s) => {
    s.photos.put({ id: report, sha256, bytes: body.byteLength, body })
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
      if (said.outcome === "accepted" || said.outcome === "duplicate" || said.outcome === "refused") await dropPhoto(photo.id)
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
  }
  await keepFact("has_photos", (await all("photos")).length > 0)
})

/** @param {any} photo */
async function tell({ id, sha256 }) {
  const body = JSON.stringify({ report: id, sha256 })
  const said = await request("/api/v1/screen-photos", { method: "POST", headers: { "Content-Type": "application/json" }, body })
  if (!said.ok) throw new Stopped()
  return said.json().catch(() => { throw new Stopped() })
}
