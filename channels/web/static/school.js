// On a school's page: tells the dialogue once per talk which school that is. The answer says what the school will see.

import { memory } from "./memory.js";

const CODE = /^[A-Z]{2,8}[0-9]{2,4}$/; // channels/schools.py; anything else is nobody's code
const TOLD = "told";

export class School {
  // `address` takes messages; `show` gets the answer.
  constructor(address, line, session, show) {
    const given = new URLSearchParams(location.search).get("school") || "";
    this.code = document.documentElement.dataset.api && CODE.test(given) ? given : "";
    this.address = address;
    this.line = line;
    this.session = session;
    this.show = show;
  }

  // No message waits for it; when it fails, the next message tries it again under the same number.
  async tell() {
    const number = memory.get("school");
    if (!this.code || number === TOLD || this.telling) return;
    this.telling = true;
    try {
      const id = number || `school-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
      memory.set("school", id);
      const answer = await this.line.post(this.address, { session_id: this.session(), message_id: id, school: this.code });
      if (!answer.degraded) {
        memory.set("school", TOLD);
        this.show(answer);
      }
    } catch {
      // The line is down; chat.js says so when somebody sends.
    } finally {
      this.telling = false;
    }
  }
}
