// Which poster led here: told once per talk, with the first message that arrives. Only the campaign's figure grows by it.

import { memory } from "./memory.js";

const POSTER = /^poster:[A-Za-z0-9_.-]{1,48}$/; // channels/scenes.py
const SCHOOL = /^[A-Z]{2,8}[0-9]{2,4}$/; // channels/schools.py
const TOLD = "told";

// Returns what a message says more, nothing once it was told.
export function whence() {
  const given = new URLSearchParams(location.search);
  const poster = given.get("scene") || "";
  const school = document.documentElement.dataset.api ? "" : given.get("school") || ""; // school.js tells it in a frame
  const scene = POSTER.test(poster) ? poster : SCHOOL.test(school) ? `sch:${school}` : "";
  return scene && memory.get("scene") !== TOLD ? { scene } : {};
}

// Notes that a message arrived.
export function arrived() {
  if (whence().scene) memory.set("scene", TOLD);
}
