// @ts-check
// A public page works without this. It stays honest on a page that was kept for months; what can be heard, what is kept
// and a guide shown screen by screen come after the words.

const today = new Date().toLocaleDateString("sv", { timeZone: "Asia/Ho_Chi_Minh" })

for (const note of document.querySelectorAll("[data-from]")) {
  if (today >= (note.getAttribute("data-from") ?? "")) note.removeAttribute("hidden")
}
/** @param {string} days "from/to from/to" @returns {boolean} today is one of them */
const runs = (days) => days.split(" ").map((one) => one.split("/")).some(([from, to]) => from <= today && today <= (to || "9"))
for (const one of document.querySelectorAll("[data-holds]")) one.toggleAttribute("hidden", !runs(one.getAttribute("data-holds") ?? ""))
for (const one of document.querySelectorAll("[data-unless]")) one.toggleAttribute("hidden", runs(one.getAttribute("data-unless") ?? ""))

if (document.readyState !== "complete") await new Promise((done) => { addEventListener("load", done) })
await import("./public_later.js")

export {}
