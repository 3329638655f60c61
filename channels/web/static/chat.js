// The page: keeps the talk over a reload, sends, shows answers. Sentences come from index.html.

import { drawButtons, drawCard, drawText, drawThumb, fromTemplate } from "./cards.js";
import { Line, LineDown, Refused } from "./line.js";
import { memory } from "./memory.js";
import { News } from "./news.js";
import { pictureOnClipboard, prepare, wirePictures } from "./picture.js";
import { arrived, whence } from "./scene.js";
import { School } from "./school.js";

const MOST_KEPT = 60; // entries kept over a reload
const MOST_PICTURE = 8 * 1024 * 1024; // bytes; the gateway takes no more
const LEFT_SHOWN = 500; // from here on the characters left are told
const API = document.documentElement.dataset.api || "/api/v1"; // the page in a school's frame has its own
const words = document.getElementById("words").dataset;
const log = document.getElementById("log");
const box = document.getElementById("text");
const hint = document.getElementById("hint");
const form = document.getElementById("composer");
const line = new Line(document.getElementById("line"), words, sendAgain);
const news = new News(`${API}/chat/news`, session, hear);
const school = new School(`${API}/chat`, line, session, (answer) => {
  hearQuietly(answer);
  if (answer.pending) news.heed(answer);
});
let entries = load();
let unsent = null; // the message the line broke on
let busy = false;

function load() {
  try {
    const kept = JSON.parse(memory.get("entries") || "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

function random() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function session() {
  const id = memory.get("session") || random();
  memory.set("session", id);
  return id;
}

function keep(entry) {
  document.documentElement.toggleAttribute("data-talking", true);
  entries = [...entries, entry].slice(-MOST_KEPT);
  memory.set("entries", JSON.stringify(entries));
}

function draw(entry) {
  const nodes = [];
  if (entry.mine) nodes.push(drawText("t-mine", entry.mine));
  if (entry.thumb !== undefined) nodes.push(drawThumb(entry.thumb));
  for (const reply of entry.replies || []) {
    // The text of a reply with a card says the same for channels that have no cards, unless the card says otherwise.
    const card = drawCard(reply.card);
    if (reply.text && (!card || reply.card.with_text)) nodes.push(drawText("t-reply", reply.text));
    if (card) nodes.push(card);
    if ((reply.buttons || []).length) nodes.push(drawButtons(reply.buttons, press));
  }
  log.append(...nodes);
  return nodes[0];
}

function scrollTo(node) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  node?.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
}

function setBusy(now) {
  busy = now;
  form.setAttribute("aria-busy", String(now));
  for (const button of document.querySelectorAll("#send, #paste, #picture, .chip")) button.disabled = now;
}

// Sends {text} or {payload}; `shown` is what stands in the person's own bubble.
function send(message, shown) {
  message = { message_id: random(), ...whence(), ...message }; // sent again, it is answered with the same answer
  return exchange(`${API}/chat`, { session_id: session(), ...message }, { mine: shown }, message);
}

// One picture goes another way in and the same way out.
async function sendPicture(file) {
  if (busy || !file) return;
  unsent = null;
  setBusy(true); // small phones need a moment to shrink a photo
  const { blob, thumb } = await prepare(file);
  setBusy(false);
  if (blob.size > MOST_PICTURE) {
    hint.textContent = words.large;
    return;
  }
  const form = new FormData();
  form.append("session_id", session());
  form.append("message_id", random());
  form.append("file", blob, "picture");
  await exchange(`${API}/chat/image`, form, { thumb }, { form });
}

async function exchange(path, body, shown, message) {
  if (busy) return;
  setBusy(true);
  school.tell();
  const mine = draw(shown);
  const wait = fromTemplate(message.form ? "t-wait-picture" : "t-wait");
  log.append(wait);
  scrollTo(mine);
  try {
    const answer = await line.post(path, body);
    if (!message.form) arrived();
    wait.remove();
    const silent = answer.pending || !answer.replies.length;
    const replies = silent ? [...answer.replies, { text: silence(answer) }] : answer.replies;
    keep(shown);
    keep({ replies });
    noteBox();
    scrollTo(draw({ replies }));
    news.heed(answer);
    // An answer to a picture is also degraded when only the reading of pictures is down: then the line is up.
    if (answer.degraded && !(message.form && (await line.ready()))) line.down(words.down);
    else line.up();
  } catch (error) {
    wait.remove();
    failed(error, mine, message, shown);
  } finally {
    setBusy(false);
  }
}

// What stands in the place of an answer: a human reads it, or it is still to come.
function silence(answer) {
  return answer.talk === "human" ? words.human : words.pending;
}

function hearQuietly(answer) {
  keep({ replies: answer.replies });
  return draw({ replies: answer.replies });
}

function hear(answer) {
  scrollTo(hearQuietly(answer));
}

function failed(error, mine, message, shown) {
  if (error instanceof Refused && error.code === "payload_unknown") {
    mine.remove();
    setTimeout(() => send({ text: shown.mine }, shown.mine)); // an old button: its words still say what is meant
    return;
  }
  if (message.text && !box.value) setBox(message.text);
  if (error instanceof LineDown) {
    mine.remove();
    unsent = { message, shown };
    line.down(message.form ? words.keptPicture : words.kept);
    return;
  }
  scrollTo(draw({ replies: [{ text: error instanceof Refused ? error.message : words.failed }] }));
}

function sendAgain() {
  if (!unsent) return;
  const { message, shown } = unsent;
  unsent = null;
  if (message.text) {
    if (box.value !== message.text) return; // changed meanwhile: the person decides
    setBox("");
  }
  if (message.form) exchange(`${API}/chat/image`, message.form, shown, message);
  else send(message, shown.mine);
}

function press(payload, title) {
  unsent = null;
  send({ payload }, title);
}

function submit() {
  const text = box.value;
  if (!text.trim()) {
    hint.textContent = words.empty;
    box.focus();
    return;
  }
  if (busy) return;
  unsent = null;
  setBox("");
  send({ text }, text);
}

function setBox(text) {
  box.value = text;
  noteBox();
}

function noteBox() {
  memory.set("draft", box.value);
  const left = box.maxLength - box.value.length;
  hint.textContent = left < LEFT_SHOWN ? words.left.replace("{n}", left) : "";
  const least = entries.length && !box.value ? 1 : 2; // once the talk runs, the answers need the room
  box.rows = Math.min(6, Math.max(least, box.value.split("\n").length, Math.ceil(box.value.length / 22)));
}

async function paste() {
  try {
    const picture = await pictureOnClipboard();
    if (picture) {
      sendPicture(picture);
      return;
    }
    setBox((await navigator.clipboard.readText()).slice(0, box.maxLength));
  } catch {
    hint.textContent = words.clipboard;
    box.focus();
    return;
  }
  submit();
}

async function forget() {
  try {
    await line.post(`${API}/forget`, { session_id: session() });
  } catch {
    hint.textContent = words.notForgotten;
    return;
  }
  memory.forget("entries", "session", "draft", "school");
  entries = [];
  document.documentElement.removeAttribute("data-talking");
  unsent = null;
  news.stop();
  log.replaceChildren(log.firstElementChild);
  setBox("");
  hint.textContent = words.forgotten;
  window.scrollTo({ top: 0 });
}

function setLarge(large) {
  document.documentElement.toggleAttribute("data-large", large);
  document.getElementById("large").setAttribute("aria-pressed", String(large));
}

function remembersLarge() {
  try {
    return localStorage.getItem("large") === "1";
  } catch {
    return false;
  }
}

function toggleLarge() {
  const large = !document.documentElement.hasAttribute("data-large");
  setLarge(large);
  try {
    localStorage.setItem("large", large ? "1" : "0");
  } catch {
    // Without storage the choice lasts until the reload.
  }
}

// What is scrolled to must not end up under the fixed bar, which grows with the large text and the banner.
function noteBar(bar) {
  document.documentElement.style.setProperty("--bar", `${bar.offsetHeight}px`);
}

function wire() {
  const bar = document.querySelector(".top");
  new ResizeObserver(() => noteBar(bar)).observe(bar);
  const dialog = document.getElementById("confirm");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  box.addEventListener("input", noteBox);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  });
  document.getElementById("paste").addEventListener("click", paste);
  wirePictures(sendPicture, () => (hint.textContent = words.noPicture));
  document.getElementById("large").addEventListener("click", toggleLarge);
  document.getElementById("forget").addEventListener("click", () => dialog.showModal());
  for (const button of dialog.querySelectorAll("[data-answer]")) {
    button.addEventListener("click", () => {
      dialog.close();
      if (button.dataset.answer === "yes") forget();
    });
  }
  for (const chip of log.querySelectorAll(".chip[data-payload]")) {
    chip.addEventListener("click", () => press(chip.dataset.payload, chip.textContent));
  }
}

setLarge(remembersLarge());
wire();
let last = null;
document.documentElement.toggleAttribute("data-talking", entries.length > 0);
for (const entry of entries) last = draw(entry);
setBox(memory.get("draft"));
if (last) last.scrollIntoView({ block: "start" });
if (entries.length) news.heed({ talk: "bot", pending: true }); // an answer may have come while the page was closed
school.tell();
// Until here a press would be lost, or the browser would put the words into an address: the page comes with all disabled.
setBusy(busy);
line.ready().then((ready) => ready || line.down(words.down));
