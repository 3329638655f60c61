// What a reload keeps: the tab's own storage, or this page's memory where the browser refuses storage (a page in
// another site's frame, a private window): the talk then goes on until the page is closed.

const instead = new Map();

function tabs() {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

export const memory = {
  get(key) {
    return instead.get(key) ?? tabs()?.getItem(key) ?? "";
  },

  set(key, value) {
    try {
      tabs().setItem(key, value);
      instead.delete(key);
    } catch {
      instead.set(key, value); // refused, or full
    }
  },

  forget(...keys) {
    for (const key of keys) {
      instead.delete(key);
      tabs()?.removeItem(key);
    }
  },
};
