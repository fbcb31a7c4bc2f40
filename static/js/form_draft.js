// @ts-check
// A half-filled form survives calls and kills: every change is kept, and comes back at the same field.

import { draft, keepDraft } from "../../service_worker/store.js"

/** @param {HTMLFormElement} form @param {string} key of the draft @returns {Promise<HTMLElement|null>} where it was left */
export async function restoreDraft(form, key) {
  form.reset()
  const before = await draft(key)
  for (const [name, value] of Object.entries(before?.values ?? {})) {
    for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll(`[name="${name}"]`))) {
      if (field.type === "radio") field.checked = field.value === value
      else field.value = String(value)
    }
  }
  const last = document.getElementById(before?.at ?? "")
  last?.closest("details")?.setAttribute("open", "")
  last?.focus()
  form.oninput = () => keepDraft(key, { values: Object.fromEntries(new FormData(form)), at: document.activeElement?.id })
  return last
}
