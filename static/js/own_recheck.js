// @ts-check
// A recheck is surer when somebody looks who did not teach: this phone says so to whoever taught.

import { fact } from "../../service_worker/store.js"

/** Ids of the returns that recheck what the signed-in volunteer taught. @param {any[]} followUps */
export async function ownRechecks(followUps) {
  const me = (await fact("me"))?.person_id
  return new Set(followUps.filter((f) => f.reason === "recheck" && me && f.taught_by === me).map((f) => f.id))
}
