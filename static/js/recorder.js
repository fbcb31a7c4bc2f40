// @ts-check
// The microphone: one voice, small, with a level that can be seen. What browsers cannot do is said, never hidden.

const TYPES = ["audio/webm;codecs=opus", "audio/mp4"]
const BITS_PER_SECOND = 32_000
const LONGEST_MS = 115_000

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
 * Start recording. `stop` gives the sound; `onLevel` hears 0 to 1 many times a second.
 * @param {(level: number) => void} onLevel @param {() => void} onLimit called when two minutes are nearly over
 * @returns {Promise<{stop: () => Promise<{sound: Blob, seconds: number}>}>}
 */
export async function record(onLevel, onLimit) {
  const type = globalThis.MediaRecorder && TYPES.find((t) => MediaRecorder.isTypeSupported(t))
  if (!type || !navigator.mediaDevices) throw new CannotRecord("unsupported")
  const stream = await microphone()
  const quiet = watch(stream, onLevel)
  const recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: BITS_PER_SECOND })
  /** @type {Blob[]} */
  const parts = []
  recorder.ondataavailable = ({ data }) => parts.push(data)
  const began = performance.now()
  recorder.start()
  const limit = setTimeout(onLimit, LONGEST_MS)
  const stop = () => new Promise((resolve) => {
    clearTimeout(limit)
    recorder.onstop = () => {
      for (const track of stream.getTracks()) track.stop()
      quiet()
      resolve({ sound: new Blob(parts, { type: type.split(";")[0] }), seconds: (performance.now() - began) / 1000 })
    }
    recorder.stop()
  })
  return { stop }
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
