// The warning of the day above the talk: read once, gone for good when it is put away.

const CODE = /^[A-Z]{2,8}[0-9]{2,4}$/; // channels/schools.py
const KEPT = "banner-away";
const box = document.getElementById("banner");

function putAway() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null; // storage is refused: it comes back with the next visit
  }
}

function hide(id) {
  box.hidden = true;
  try {
    localStorage.setItem(KEPT, id);
  } catch {
    // As above.
  }
}

async function show() {
  const school = (new URLSearchParams(location.search).get("school") || "").toUpperCase();
  const query = CODE.test(school) ? `?school=${school}` : "";
  const answer = await fetch(`/api/v1/banner${query}`, { credentials: "omit" });
  if (!answer.ok) return;
  const { banner } = await answer.json();
  if (!banner || banner.id === putAway()) return;
  box.querySelector("[data-slot=text]").textContent = banner.text;
  box.querySelector("button").addEventListener("click", () => hide(banner.id), { once: true });
  box.hidden = false;
}

show().catch(() => {}); // no banner is no reason to trouble anybody
