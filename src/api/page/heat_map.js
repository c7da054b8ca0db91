// Heat maps: where the model saw a class, laid over the preview of an image.
import { keyHeaders, target } from "./tools.js";

/** The maps of the best classes and the part of the image that they cover. Throws what the server says. */
export async function fetchExplanation(file, classes, model) {
  const form = new FormData();
  form.append("file", file, file.name);
  const answer = await fetch(target("predict", { explain: classes, explain_format: "png", model }), { method: "POST", headers: keyHeaders(), body: form });
  const { explanation, error } = await answer.json();
  if (!answer.ok) throw new Error(error.message);
  return explanation;
}

/** Shows a map over the picture of `preview`, of which only the square in the middle is seen. */
export function layOver(layer, preview, { x, y, width, height }, png) {
  const side = Math.min(preview.naturalWidth, preview.naturalHeight);
  const left = x - (preview.naturalWidth - side) / 2;
  const top = y - (preview.naturalHeight - side) / 2;
  Object.assign(layer.style, { left: share(left, side), top: share(top, side), width: share(width, side), height: share(height, side) });
  URL.revokeObjectURL(layer.src);
  layer.src = URL.createObjectURL(new Blob([Uint8Array.from(atob(png), (c) => c.charCodeAt(0))], { type: "image/png" }));
  layer.hidden = false;
}

const share = (pixels, side) => `${(100 * pixels) / side}%`;
