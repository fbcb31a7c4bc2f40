// @ts-check
// Is a lock still to be asked for: the household list is here, this person has no drawer, and has not refused one on purpose?

import { fact } from "../../service_worker/store.js"

export async function mayAskForLock() {
  const [me, isHere, locks, refused] = await Promise.all([fact("me"), fact("is_complete"), fact("locks"), fact("lock_refused")])
  return Boolean(me && isHere && !refused && !locks?.includes(me.person_id))
}
