// Get a picture ready: a smaller copy to send where that saves time, and a thumbnail for the talk.

const KEPT_AS_IS = 1_500_000; // bytes; a screenshot of a phone goes out untouched
const MOST_PIXELS = 10_000_000; // of the copy; enough to read any screen
const THUMB_SIDE = 240; // pixels

// A picture comes by the button, by pasting anywhere, or by dropping it anywhere on the page: `take` gets the file,
// `refuse` is called for a dropped file that is none.
export function wirePictures(take, refuse) {
  const chooser = document.getElementById("file");
  document.getElementById("picture").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    const [file] = chooser.files;
    take(file);
    chooser.value = ""; // the same picture may be chosen again
  });
  document.addEventListener("paste", (event) => {
    const picture = pictureIn(event.clipboardData);
    if (!picture) return;
    event.preventDefault();
    take(picture);
  });
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    document.documentElement.toggleAttribute("data-dropping", true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.documentElement.removeAttribute("data-dropping");
  });
  document.addEventListener("drop", (event) => {
    document.documentElement.removeAttribute("data-dropping");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    const picture = pictureIn(event.dataTransfer);
    if (picture) take(picture);
    else refuse();
  });
}

// Some browsers can read text only; then there is no picture for us.
export async function pictureOnClipboard() {
  if (!navigator.clipboard.read) return null;
  for (const item of await navigator.clipboard.read()) {
    const type = item.types.find((name) => name.startsWith("image/"));
    if (type) return item.getType(type);
  }
  return null;
}

// The first picture of a clipboard or of a drop, or null.
function pictureIn(transfer) {
  const files = Array.from(transfer?.files || []);
  return files.find((file) => file.type.startsWith("image/")) || null;
}

// What this browser cannot open is sent as it is: the gateway says in words what is wrong with it.
export async function prepare(file) {
  let image;
  try {
    image = await createImageBitmap(file);
  } catch {
    return { blob: file, thumb: "" };
  }
  const thumb = draw(image, Math.min(1, THUMB_SIDE / Math.max(image.width, image.height))).toDataURL("image/jpeg", 0.6);
  let blob = file;
  if (file.size > KEPT_AS_IS) {
    const canvas = draw(image, Math.min(1, Math.sqrt(MOST_PIXELS / (image.width * image.height))));
    const copy = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
    if (copy && copy.size < file.size) blob = copy;
  }
  image.close();
  return { blob, thumb };
}

function draw(image, factor) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * factor));
  canvas.height = Math.max(1, Math.round(image.height * factor));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff"; // JPEG has no see-through parts
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}
