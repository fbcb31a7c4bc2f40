// @ts-check
// What waits, as a file of sealed boxes: for the team leader, when this phone cannot send it itself. Only the server
// reads it.

import { boxOf, saidOf } from "../../service_worker/outbox.js"
import { items } from "../../service_worker/waiting.js"
import { fact } from "../../service_worker/store.js"

/**
 * Share the file where the phone can, else download it. Nothing leaves the outbox by this.
 * @param {string} [only] id of one item
 * @returns {Promise<number>} how many items are in the file
 */
export async function saveToFile(only) {
  const waiting = (await items()).filter((item) => !["received", "mended"].includes(item.state) && (!only || item.id === only))
  const boxes = await Promise.all(waiting.map(asBox))
  const content = { device_id: (await fact("device"))?.id ?? null, app_build: (await fact("app_build")) ?? "", boxes }
  const name = `tung-nha-${new Date().toISOString().slice(0, 16).replaceAll(/[T:]/g, "-")}.json`
  const file = new File([JSON.stringify(content)], name, { type: "application/json" })
  if (navigator.canShare?.({ files: [file] })) await navigator.share({ files: [file] })
  else download(file)
  return boxes.length
}

/** @param {any} item */
async function asBox({ id, seq, key_id, sealed, is_signed, ...item }) {
  if (sealed && (is_signed || !item.body)) return { id, seq, key_id, sealed }
  const box = await boxOf(id, saidOf(item))
  if (!box.sealed) throw new Error("this phone does not know the server's key yet")
  return { id, seq, key_id: box.key_id, sealed: box.sealed }
}

/** @param {File} file */
function download(file) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(file)
  link.download = file.name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
