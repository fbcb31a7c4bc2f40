// @ts-check
// A photo made small on the phone, before it is kept anywhere: no side above 1,280 pixels, about 100 KB, and drawn
// anew, so
// that nothing of where, when and with which phone it was taken stays in it.

const LONGEST_SIDE = 1280
const MOST_BYTES = 150_000
const LEAST_QUALITY = 0.3

/** @param {Blob} file what the camera made @returns {Promise<Blob>} a JPEG */
export async function shrunk(file) {
  const photo = await createImageBitmap(file, { imageOrientation: "from-image" })
  const canvas = document.createElement("canvas")
  const scale = Math.min(1, LONGEST_SIDE / Math.max(photo.width, photo.height))
  Object.assign(canvas, { width: Math.round(photo.width * scale), height: Math.round(photo.height * scale) })
  canvas.getContext("2d")?.drawImage(photo, 0, 0, canvas.width, canvas.height)
  photo.close()
  for (let quality = 0.7; ; quality -= 0.1) {
    const made = await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", quality) })
    if (!made) throw new TypeError("this picture cannot be read")
    if (made.size <= MOST_BYTES || quality <= LEAST_QUALITY) return made
  }
}
