// @ts-check
// Why there is no household list on this phone. Nothing is said before it is known.

import { fact } from "../../service_worker/store.js"
import { drawDownload } from "./download.js"
import { date, fill, find, say, show } from "./screen.js"

/**
 * signing_in: the first answer is awaited. nobody: nobody is signed in. offline: no answer comes. fetching: the list comes.
 * none: no hamlet was ever given. over: the last one is over. failed: the server says why on the next attempt.
 * @typedef {"signing_in"|"nobody"|"offline"|"failed"|"fetching"|"none"|"over"} Why
 */

/** @returns {Promise<Why>} */
async function why() {
  const [me, error, isComplete, download] = await Promise.all(["me", "last_error", "is_complete", "download"].map((key) => fact(key)))
  if (!me) {
    if (error === "signed_out" || error === "revoked" || document.cookie.includes("open_for=nobody")) return "nobody"
    return error === undefined || error === null ? "signing_in" : error === "offline" ? "offline" : "failed"
  }
  if (!isComplete || download) return "fetching"
  return me.had_hamlets_until ? "over" : "none"
}

/** Say which it is; only then is anything seen. */
export async function showNothingYet() {
  const [now, me] = [await why(), await fact("me")]
  const part = find("[data-when=empty]")
  const leaders = (me?.leaders ?? []).filter((/** @type {string} */ name) => name !== me?.name).join(", ")
  const ask = leaders ? say("nothing.ask", { leaders }) : say("nothing.ask_somebody")
  fill(part, {
    nothing: say(`nothing.${now}`, { name: me?.name ?? "", commune: me?.commune_name ?? "", day: me?.had_hamlets_until ? date(me.had_hamlets_until) : "" }),
    nothing_more: now === "none" || now === "over" ? ask : say(`nothing.${now}.more`),
  })
  part.dataset.why = now
  for (const one of part.querySelectorAll("[data-for]")) one.toggleAttribute("hidden", !one.getAttribute("data-for")?.split(" ").includes(now))
  if (now === "fetching") await drawDownload()
  show("empty")
}
