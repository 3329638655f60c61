// News: while a human may write, or an answer was not ready in time, asks the gateway every few seconds.

const ASK_MS = 4000;
const HIDDEN_MS = 20000; // a page in the background asks less often
const PENDING_ASKS = 15; // a late answer comes within a minute or not at all

export class News {
  constructor(address, session, show) {
    this.address = address;
    this.session = session;
    this.show = show; // gets {replies, talk}
    this.after = 0;
    this.timer = null;
    this.left = 0;
  }

  // Called with every answer: {talk, pending}.
  heed(answer) {
    this.left = answer.pending ? PENDING_ASKS : 0;
    const wanted = answer.talk === "waiting" || answer.talk === "human" || this.left > 0;
    clearTimeout(this.timer);
    this.timer = wanted ? setTimeout(() => this.ask(), ASK_MS) : null;
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = null;
    this.after = 0;
  }

  async ask() {
    let answer = null;
    try {
      const response = await fetch(`${this.address}?after=${this.after}`, {
        headers: { "X-Session-Id": this.session() }, // not in the address, which logs keep
        cache: "no-store",
        signal: AbortSignal.timeout(ASK_MS * 2),
      });
      answer = response.ok ? await response.json() : null;
    } catch {
      // The line is down; line.js says so when somebody sends. Ask again later.
    }
    if (answer) {
      this.after = answer.after;
      if (answer.replies.length) {
        this.left = 0;
        this.show(answer);
      }
    }
    this.left = Math.max(0, this.left - 1);
    const waits = !answer || answer.talk === "waiting" || answer.talk === "human" || this.left > 0;
    this.timer = waits ? setTimeout(() => this.ask(), document.hidden ? HIDDEN_MS : ASK_MS) : null;
  }
}
