// @ts-check
// Voices between this phone and the server: what was recorded here goes, what is published comes.

import { fetchLanguages } from "../../service_worker/languages.js"
import { sendRecordings } from "../../service_worker/recordings.js"

/** @param {{eager?: boolean}} [how] */
export async function exchange(how) {
  const settled = await sendRecordings()
  await fetchLanguages({ eager: how?.eager || settled > 0 })
}
