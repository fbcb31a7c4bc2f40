// @ts-check
// “This screen looks different”: told from the step where it was seen, kept on the phone like everything else.

import { tellNotSaved } from "./problems.js"
import { reportScreen } from "./records.js"
import { fill, find, say } from "./screen.js"
import { shrunk } from "./shrunk_photo.js"

/**
 * Ask what is different, and keep it.
 * @param {HTMLDialogElement} dialog @param {{guide: string, guide_version: number, step: string}} where @param {() => void} whenKept
 */
export function askWhatChanged(dialog, where, whenKept) {
  const form = find("form", dialog)
  const note = form.elements["screen-note"]
  const camera = form.elements["screen-photo"]
  const shown = find("[data-photo]", form)
  /** @type {Blob|null} */
  let photo = null
  const show = (/** @type {Blob|null} */ taken) => {
    URL.revokeObjectURL(find("img", shown).src)
    photo = taken
    shown.hidden = !taken
    if (taken) find("img", shown).src = URL.createObjectURL(taken)
  }
  show(null)
  camera.value = note.value = ""
  camera.onchange = async () => {
    const [file] = camera.files
    fill(form, { no_photo: "" })
    show(file ? await shrunk(file).catch(() => null) : null)
    if (file && !photo) fill(form, { no_photo: say("no_photo") })
  }
  find("button", shown).onclick = () => { camera.value = ""; show(null) }
  fill(form, { not_saved: "", problem: "", no_photo: "" })
  form.onsubmit = async (/** @type {SubmitEvent} */ event) => {
    const button = /** @type {any} */ (event.submitter)
    if (button?.value === "close") return
    event.preventDefault()
    button.disabled = true
    try {
      await reportScreen({ ...where, note: note.value.trim() }, photo)
      show(null)
      dialog.close()
      whenKept()
    } catch (error) {
      tellNotSaved(form, error, { note })
    }
    button.disabled = false
  }
  dialog.showModal()
}
