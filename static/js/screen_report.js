// @ts-check
// “This screen looks different”: told from the step where it was seen, kept on the phone like everything else.

import { hasIdNumber } from "./free_text.js"
import { reportScreen } from "./records.js"
import { fill, find, say } from "./screen.js"

/**
 * Ask what is different, and keep it.
 * @param {HTMLDialogElement} dialog @param {{guide: string, guide_version: number, step: string}} where @param {() => void} whenKept
 */
export function askWhatChanged(dialog, where, whenKept) {
  const form = find("form", dialog)
  const note = form.elements["screen-note"]
  note.value = ""
  fill(form, { not_saved: "", problem: "" })
  form.onsubmit = async (/** @type {SubmitEvent} */ event) => {
    const button = /** @type {any} */ (event.submitter)
    if (button?.value === "close") return
    event.preventDefault()
    fill(note.parentElement, { problem: hasIdNumber(note.value) ? say("problem.id_number") : "" })
    if (hasIdNumber(note.value)) return note.focus()
    button.disabled = true
    try {
      await reportScreen({ ...where, note: note.value.trim() })
      dialog.close()
      whenKept()
    } catch (error) {
      fill(form, { not_saved: say(`not_saved.${/** @type {any} */ (error).cause ?? "storage"}`) })
    }
    button.disabled = false
  }
  dialog.showModal()
}
