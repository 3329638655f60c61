// The chat page in a frame on a school's page. That page learns three things: it is open, close it, how wide it wishes
// to be; and only if it stands on the list and spoke first. Browsers check the same list (frame-ancestors).

const NARROW = 400; // CSS pixels
const WIDE = 540; // for large text
const root = document.documentElement;
const origins = root.dataset.origins.split(" ");
const close = document.getElementById("close");
let told = ""; // the origin of the page around this one

function tell(message) {
  if (told) parent.postMessage({ fanzha: message, width: root.hasAttribute("data-large") ? WIDE : NARROW }, told);
}

addEventListener("message", (event) => {
  if (event.source !== parent || parent === window || !origins.includes(event.origin)) return;
  if (event.data?.fanzha !== "hello") return;
  told = event.origin;
  close.hidden = false;
  tell("open");
});

addEventListener("keydown", (event) => {
  const mine = document.querySelector("dialog[open]"); // the page's own question is closed first
  if (event.key === "Escape" && !event.isComposing && !mine) tell("close");
});

close.addEventListener("click", () => tell("close"));
new MutationObserver(() => tell("size")).observe(root, { attributeFilter: ["data-large"] });
