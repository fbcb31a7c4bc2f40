// @ts-check
// One text being said: kept from second to second, and whole as soon as it ends, by whom- or whatsoever it is ended: a tap,
// a call, another app, a link, a headset pulled out.

import { beginRecording, keepRecording } from "../../service_worker/recordings.js"
import { writing } from "../../service_worker/writes.js"
import { record } from "./recorder.js"

/** @typedef {{key: string, text: string, language: string, by?: string}} Said */
/**
 * How it ended: by a tap, at two minutes, cut off; nothing was heard; nothing could be kept.
 * @typedef {"tapped"|"limit"|"cut"|"no_microphone"|"not_saved"} Ended
 */

/**
 * Begin to record. Raises CannotRecord, or what the store says when there is no room: before anybody has spoken.
 * @param {Said} said @param {(level: number) => void} onLevel
 * @param {(how: Ended, sound: Blob|null) => unknown} onOver once, when it is kept
 * @returns {Promise<{finish: () => Promise<void>}>}
 */
export async function recordText(said, onLevel, onOver) {
  const begun = await beginRecording()
  /** @type {Promise<void>|null} */
  let ending = null
  /** @param {Ended} how */
  const end = (how) => (ending ??= writing(keep(how)))
  const cut = () => { end("cut") }
  const hidden = () => { if (document.hidden) cut() }
  const left = (/** @type {MouseEvent} */ event) => { if (/** @type {Element} */ (event.target).closest?.("a[href]")) cut() }
  const listen = (/** @type {"addEventListener"|"removeEventListener"} */ how) => {
    document[how]("visibilitychange", hidden)
    document[how]("click", /** @type {any} */ (left), true) // before links are asked whether anything is being written
    globalThis[how]("pagehide", cut)
    globalThis[how]("hashchange", cut)
  }
  const taking = await record(onLevel, end, (parts, seconds) => begun.soFar({ ...said, sound: new Blob(parts, { type: parts[0].type.split(";")[0] }), seconds }))
    .catch(async (error) => { await begun.close(); throw error })
  listen("addEventListener")

  /** @param {Ended} how */
  async function keep(how) {
    listen("removeEventListener")
    const { sound, seconds } = await taking.stop()
    await begun.close()
    if (!sound.size) return void await onOver("no_microphone", null)
    const kept = await keepRecording({ ...said, sound, seconds, is_cut: how === "cut" }).catch(() => null)
    await onOver(kept ? how : "not_saved", kept && sound)
  }
  return { finish: () => end("tapped") }
}
