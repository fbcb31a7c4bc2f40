// @ts-check
// What is in the outbox, to be looked at: every screen counts it, few write into it.

import { all } from "./store.js"

/** Everything in the outbox, oldest first. */
export async function items() {
  return (await all("outbox")).sort((a, b) => a.seq - b.seq)
}

/** Three honest numbers: how many made on this phone, received by the server, needing help. */
export async function counts() {
  const list = await items()
  const received = list.filter((item) => item.state === "received").length
  const help = list.filter((item) => item.state === "parked").length
  const oldest = list.find((item) => item.state !== "received")?.recorded_at
  return { made: list.length, received, help, waiting: list.length - received - help, oldest }
}
