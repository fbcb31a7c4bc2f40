// @ts-check
// The microphone: one voice, small, with a level that can be seen. What browsers cannot do is said, never hidden.

const TYPES = ["audio/webm;codecs=opus", "audio/mp4"]
const BITS_PER_SECOND = 32_000
const LONGEST_MS = 115_000

const PART_MS = 1_000

/** @typedef {"no_microphone"|"refused"|"unsupported"} Trouble */

/** Why nothing can be recorded. */
export class CannotRecord extends Error {
  /** @param {Trouble} why */
  constructor(why) {
    super(why)
    this.why = why
  }
}

/**
 * Start recording. It may end by itself: two minutes are nearly over, a headset was pulled out, a call took the microphone.
 * What was said until then is there all the same. Nothing waits for an event that may have passed already.
 * @param {(level: number) => void} onLevel hears 0 to 1 many times a second
 * @param {(why: "limit"|"cut") => void} onEnd it has ended without `stop`
 * @param {(parts: Blob[], seconds: number) => void} onPart hears every second what there is so far
 * @returns {Promise<{stop: () => Promise<{sound: Blob, seconds: number}>}>}
 */
export async function record(onLevel, onEnd, onPart) {
  const type = globalThis.MediaRecorder && TYPES.find((t) => MediaRecorder.isTypeSupported(t))
  if (!type || !navigator.mediaDevices) throw new CannotRecord("unsupported")
  const stream = await microphone()
  const quiet = watch(stream, onLevel)
  const recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: BITS_PER_SECOND })
  /** @type {Blob[]} */
  const parts = []
  const began = performance.now()
  let [seconds, isAsked] = [0, false]
  const ended = new Promise((resolve) => {
    recorder.ondataavailable = ({ data }) => {
      if (!data.size) return
      seconds = (performance.now() - began) / 1000
      parts.push(data)
      onPart(parts, seconds)
    }
    recorder.onstop = () => {
      clearTimeout(limit)
      for (const track of stream.getTracks()) track.stop()
      quiet()
      resolve({ sound: new Blob(parts, { type: type.split(";")[0] }), seconds })
      if (!isAsked) onEnd("cut")
    }
  })
  const halt = () => { if (recorder.state !== "inactive") recorder.stop() }
  recorder.onerror = halt
  for (const track of stream.getTracks()) track.addEventListener("ended", halt)
  const limit = setTimeout(() => onEnd("limit"), LONGEST_MS)
  recorder.start(PART_MS)
  return { stop: () => { isAsked = true; halt(); return ended } }
}

async function microphone() {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false, noiseSuppression: true, autoGainControl: true } })
  } catch (error) {
    throw new CannotRecord(/** @type {any} */ (error).name === "NotAllowedError" ? "refused" : "no_microphone")
  }
}

/** @param {MediaStream} stream @param {(level: number) => void} onLevel */
function watch(stream, onLevel) {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  context.createMediaStreamSource(stream).connect(analyser)
  const samples = new Uint8Array(analyser.fftSize)
  const timer = setInterval(() => {
    analyser.getByteTimeDomainData(samples)
    onLevel(Math.min(1, Math.max(...samples.map((s) => Math.abs(s - 128))) / 100))
  }, 80)
  return () => { clearInterval(timer); context.close() }
}
