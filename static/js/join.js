// @ts-check
// The invitation's secret stands behind #: it goes into the form here, never to a server by itself.

const secret = location.hash.slice(1)
const form = document.querySelector("form[data-join]")
const put = (/** @type {string} */ where, /** @type {string} */ text) => {
  for (const place of document.querySelectorAll(where)) place.textContent = text
}

put("[data-host]", location.host)
put("[data-address]", location.href)
if (secret) {
  const field = /** @type {HTMLInputElement|null} */ (form?.querySelector("[name=secret]") ?? null)
  if (field) field.value = secret
  form?.querySelector("[data-code]")?.setAttribute("hidden", "")
  for (const link of document.querySelectorAll("a[hreflang]")) {
    /** @type {HTMLAnchorElement} */ (link).hash = secret // the other language is the same invitation
  }
}

document.querySelector("[data-copy-address]")?.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(location.href)
  } catch {
    const all = document.querySelector("[data-address]") // no clipboard in here: mark it, the hand copies
    if (all) getSelection()?.selectAllChildren(all)
    return
  }
  document.querySelector("[data-copied]")?.removeAttribute("hidden")
})
