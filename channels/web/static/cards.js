// Draw replies and cards. Everything is put in as text, nothing as HTML; nothing people sent becomes a link.

const DIALLABLE = /^\+?[0-9][0-9 -]{2,19}$/;

export function fromTemplate(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

function text(value) {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function list(value) {
  return Array.isArray(value) ? value : [];
}

function fill(node, slot, value) {
  const target = node.querySelector(`[data-slot="${slot}"]`);
  const words = text(value);
  target.textContent = words;
  if (!words) target.hidden = true;
  return target;
}

function part(node, name, present) {
  if (!present) node.querySelector(`[data-part="${name}"]`).remove();
  return present;
}

function items(node, name, values, draw) {
  if (!part(node, name, values.length > 0)) return;
  node.querySelector(`[data-slot="${name}"]`).append(...values.map(draw));
}

function sentence(value) {
  const item = document.createElement("li");
  item.textContent = text(value);
  return item;
}

function contact(entry) {
  const item = fromTemplate("t-contact");
  const number = text(entry.number);
  const link = item.querySelector('[data-slot="tel"]');
  if (DIALLABLE.test(number)) link.href = `tel:${number.replace(/[ -]/g, "")}`;
  fill(item, "number", number);
  fill(item, "name", entry.name);
  fill(item, "purpose", entry.purpose);
  return item;
}

function drawSegments(card, quote, flags) {
  const numbers = new Map(flags.map((flag, index) => [flag.id, index + 1]));
  for (const segment of list(card.segments)) {
    const marks = list(segment.flags);
    if (!marks.length) {
      quote.append(text(segment.text));
      continue;
    }
    const mark = document.createElement("mark");
    mark.append(text(segment.text));
    const known = marks.map((id) => numbers.get(id)).filter(Boolean);
    if (known.length) {
      const number = document.createElement("sup");
      number.textContent = known.join(" ");
      mark.append(number);
    }
    quote.append(mark);
  }
}

function oneOfEach(flags) {
  const seen = new Set();
  return flags.filter((flag) => !seen.has(flag.id) && seen.add(flag.id));
}

function drawFlag(flag) {
  const item = fromTemplate("t-flag");
  fill(item, "label", flag.label);
  fill(item, "quote", flag.quote);
  return item;
}

function drawEntity(entity) {
  const item = fromTemplate("t-entity");
  fill(item, "text", entity.text);
  fill(item, "note", entity.note);
  return item;
}

function drawBulletin(bulletin) {
  const item = fromTemplate("t-bulletin");
  for (const slot of ["title", "issuer", "published", "source"]) fill(item, slot, bulletin[slot]);
  return item;
}

function drawType(type) {
  const percent = typeof type.probability === "number" ? Math.round(type.probability * 100) : null;
  return percent === null ? text(type.name) : `${text(type.name)} (${percent}%)`;
}

const VERDICTS = ["scam", "suspicious", "unclear", "no_known_risk", "official"];

function verdictCard(card) {
  const node = fromTemplate("t-verdict");
  node.dataset.verdict = VERDICTS.includes(card.verdict) ? card.verdict : "unclear";
  fill(node, "label", card.label);
  fill(node, "headline", card.headline);
  if (!text(card.action)) node.querySelector(".action").remove();
  else fill(node, "action", card.action);
  items(node, "contacts", list(card.contacts), contact);
  const flags = oneOfEach(list(card.flags));
  if (part(node, "segments", flags.length > 0)) {
    drawSegments(card, node.querySelector('[data-slot="segments"]'), flags);
    node.querySelector('[data-slot="flags"]').append(...flags.map(drawFlag));
  }
  if (part(node, "scam_type", Boolean(card.scam_type))) fill(node, "scam_type", drawType(card.scam_type));
  if (part(node, "stage", Boolean(text(card.stage)))) fill(node, "stage", `${text(card.stage)}。${text(card.stage_text)}`);
  for (const name of ["next_move", "honest_version", "answer"]) {
    if (part(node, name, Boolean(text(card[name])))) fill(node, name, card[name]);
  }
  items(node, "advice", list(card.advice), sentence);
  items(node, "ask_back", list(card.ask_back), sentence);
  items(node, "entities", list(card.entities), drawEntity);
  items(node, "bulletins", list(card.bulletins), drawBulletin);
  fill(node, "notice", card.notice);
  return node;
}

function guideCard(card) {
  const node = fromTemplate("t-guide");
  fill(node, "title", card.title);
  if (!text(card.first_line)) node.querySelector(".action").remove();
  else fill(node, "first_line", card.first_line);
  items(node, "contacts", list(card.contacts), contact);
  for (const name of ["steps", "dont", "next"]) items(node, name, list(card[name]), sentence);
  return node;
}

function drawCode(code) {
  const item = fromTemplate("t-entity");
  fill(item, "text", code.text);
  fill(item, "note", code.note);
  return item;
}

function pictureCard(card) {
  const node = fromTemplate("t-picture");
  fill(node, "text", card.text);
  items(node, "codes", list(card.codes), drawCode);
  fill(node, "notice", card.notice);
  return node;
}

// The card brings the words ("{n} h {m} min"), so that the page needs no sentence of its own.
function passed(timer) {
  const minutes = Math.max(0, Math.floor((Date.now() / 1000 - timer.at) / 60));
  const words = timer.words || {};
  const days = minutes >= 2880;
  const pattern = minutes < 120 ? words.minutes : days ? words.days : words.hours;
  const n = minutes < 120 ? minutes : days ? Math.floor(minutes / 1440) : Math.floor(minutes / 60);
  return text(pattern).replace("{n}", n).replace("{m}", minutes % 60);
}

function startTimer(node, timer) {
  const target = node.querySelector('[data-slot="timer"]');
  const show = () => { target.textContent = text(timer.pattern).replace("{passed}", passed(timer)); };
  show();
  const clock = setInterval(() => { if (target.isConnected) show(); else if (target.textContent) clearInterval(clock); }, 20000);
}

// The card brings its headings in the reader's script or language; the template's are for a card without them.
function heads(node, card) {
  const headings = card.headings || {};
  for (const heading of node.querySelectorAll("[data-head]")) {
    heading.textContent = text(headings[heading.dataset.head]) || heading.textContent;
  }
  const copy = node.querySelector('[data-do="copy"]');
  if (copy) copy.dataset.done = text(headings.copied) || copy.dataset.done;
  return node;
}

function tools(node, card, words) {
  const copy = node.querySelector('[data-do="copy"]');
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(words);
    copy.textContent = copy.dataset.done;
  });
  const picture = text(card.picture);
  if (part(node, "picture", picture.startsWith("/chat/picture/"))) node.querySelector('[data-do="picture"]').href = picture;
}

function card110(card) {
  const node = fromTemplate("t-card-110");
  for (const slot of ["title", "first_line", "read", "bank_read", "bank_unknown"]) fill(node, slot, card[slot]);
  if (part(node, "timer", Boolean(card.timer))) startTimer(node, card.timer);
  items(node, "contacts", list(card.contacts), contact);
  if (part(node, "way", Boolean(text(card.way)))) fill(node, "way", card.way);
  if (part(node, "dont", list(card.dont).length > 0)) node.querySelector('[data-slot="dont"]').append(...list(card.dont).map(sentence));
  for (const slot of ["evidence", "next"]) node.querySelector(`[data-slot="${slot}"]`).append(...list(card[slot]).map(sentence));
  const facts = list(card.facts).map((fact) => sentence(`${text(fact.name)}：${text(fact.value)}`));
  node.querySelector('[data-slot="facts"]').append(...facts);
  tools(node, card, text(card.copy));
  return node;
}

function proofCard(card) {
  const node = fromTemplate("t-proof");
  fill(node, "title", card.title);
  fill(node, "time", card.time);
  items(node, "lines", list(card.lines), sentence);
  tools(node, card, [card.title, card.time, ...list(card.lines)].map(text).join("\n"));
  return node;
}

export function drawCard(card) {
  if (card && card.kind === "picture") return pictureCard(card);
  if (card && card.kind === "card_110") return heads(card110(card), card);
  if (card && card.kind === "proof") return heads(proofCard(card), card);
  if (card && card.kind === "verdict") return heads(verdictCard(card), card);
  if (card && card.kind === "guide") return heads(guideCard(card), card);
  return null;
}

export function drawText(template, words) {
  const node = fromTemplate(template);
  node.querySelector('[data-slot="text"]').textContent = words;
  return node;
}

// A picture of the person's own: a small copy that lives in this page only.
export function drawThumb(source) {
  const node = fromTemplate("t-mine-picture");
  const image = node.querySelector("img");
  const shown = /^data:image\/jpeg;base64,/.test(source);
  if (shown) image.src = source;
  node.querySelector(shown ? '[data-slot="instead"]' : "img").remove();
  return node;
}

// `press` gets the pressed button's payload and title.
export function drawButtons(buttons, press) {
  const group = fromTemplate("t-buttons");
  for (const { title, payload } of buttons) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "chip";
    button.textContent = text(title);
    button.addEventListener("click", () => press(text(payload), text(title)));
    group.append(button);
  }
  return group;
}
