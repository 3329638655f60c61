// The line to the gateway: sends, notices when it is down, asks /readyz until it is back.

const POLL_MS = 3000;
const NEEDED = ["rasa", "actions", "database"]; // the parts a talk needs; checks by the API need the index too
const SEND_MS = 15000; // the gateway answers within 5 s; a poor mobile line needs the rest
const PICTURE_MS = 75000; // the gateway lets a picture take a minute on a poor line
const UP_SHOWN_MS = 4000;

export class LineDown extends Error {}

export class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export class Line {
  constructor(banner, words, onUp) {
    this.banner = banner;
    this.words = words;
    this.onUp = onUp;
    this.timer = null;
    window.addEventListener("offline", () => this.down(words.down));
    window.addEventListener("online", () => this.timer && this.poll());
  }

  // Sends plain data as JSON, a FormData as it is.
  async post(path, message) {
    const form = message instanceof FormData;
    let response;
    try {
      response = await fetch(path, {
        method: "POST",
        ...(form ? { body: message } : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(message) }),
        signal: AbortSignal.timeout(form ? PICTURE_MS : SEND_MS),
      });
      if (response.status === 204) return null;
      const answer = await response.json();
      if (response.ok) return answer;
      if (answer.error) throw new Refused(answer.error.code, answer.error.message);
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
    throw new LineDown();
  }

  down(sentence) {
    this.banner.textContent = sentence;
    this.banner.className = "line is-down";
    this.banner.hidden = false;
    if (!this.timer) this.timer = setTimeout(() => this.poll(), POLL_MS);
  }

  async poll() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.poll(), POLL_MS);
    if (await this.ready()) this.up();
  }

  up() {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.banner.textContent = this.words.up;
    this.banner.className = "line is-up";
    setTimeout(() => {
      if (!this.timer) this.banner.hidden = true;
    }, UP_SHOWN_MS);
    this.onUp();
  }

  async ready() {
    try {
      const answer = await fetch("/readyz", { cache: "no-store", signal: AbortSignal.timeout(POLL_MS) });
      const { parts } = await answer.json();
      return NEEDED.every((part) => parts[part].up);
    } catch {
      return false;
    }
  }
}
