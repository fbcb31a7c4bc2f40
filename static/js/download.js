// @ts-check
// How far the first fetch of the household list has come: what is here, how much and how long it still takes.

import { fact } from "../../service_worker/store.js"
import { duration, size } from "./amounts.js"
import { fill, find, say } from "./screen.js"

/** Shown while a list is fetched, and after it was cut, until it is complete. */
export async function drawDownload() {
  const [download, trouble] = await Promise.all([fact("download"), fact("last_error")])
  const places = document.querySelectorAll("[data-download]")
  for (const place of places) place.toggleAttribute("hidden", !download)
  if (!download) return
  const { done, total, left_bytes, left_ms } = download
  const said = { done, total, size: size(left_bytes), time: duration(left_ms) }
  for (const place of places) {
    fill(place, { download: say(trouble ? "download.cut" : "download", said) })
    Object.assign(find("progress", place), { max: total, value: done })
  }
}
