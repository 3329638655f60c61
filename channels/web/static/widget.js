// The button on a school's page: opens the assistant in a frame. Stores nothing; asks for nothing before it is pressed.
(() => {
  const KEY = Symbol.for("fanzha.widget");
  if (window[KEY]) return window[KEY](); // loaded again: put back where a page threw it away

  const WORDS = {/* words */};
  const OPEN_MS = 8000; // after that a link to the page itself is offered
  const CODE = /^[A-Z]{2,8}[0-9]{2,4}$/;
  const STYLE = `
:host { all: initial }
* { box-sizing: border-box; font: 600 16px/1.3 system-ui, sans-serif }
[hidden] { display: none !important }
button { cursor: pointer; min-width: 44px; min-height: 44px; border: 0; color: inherit; background: none }
:focus-visible { outline: 3px solid #ffb454; outline-offset: -3px }
.open { position: fixed; z-index: 2147483000; right: 16px; bottom: max(16px, env(safe-area-inset-bottom)); display: flex;
  align-items: center; gap: 8px; max-width: calc(100vw - 32px); padding: 8px 18px 8px 12px; border: 2px solid #fff;
  border-radius: 99px; background: #0b4f8a; color: #fff; box-shadow: 0 2px 12px #0006 }
.open svg { flex: none; width: 28px }
dialog { inset: auto 16px 16px auto; width: min(var(--width, 400px), 100vw - 32px); height: min(720px, 100dvh - 32px);
  max-width: none; max-height: none; margin: 0; padding: 0; border: 1px solid #8496a8; border-radius: 16px;
  overflow: hidden; background: #f3f5f8; box-shadow: 0 8px 40px #0006 }
dialog[open] { display: flex; flex-direction: column }
dialog::backdrop { background: #0006 }
.bar { display: flex; align-items: center; gap: 8px; padding: 4px 4px 4px 16px; background: #0b4f8a; color: #fff }
.bar span { flex: 1 }
.bar a { color: #fff }
iframe { flex: 1; border: 0 }
@media (max-width: 600px), (max-height: 480px) {
  dialog { inset: 0; width: 100vw; height: 100dvh; border: 0; border-radius: 0 } }
@media (prefers-color-scheme: dark) { dialog { background: #10161d } .open, .bar { background: #0d3a63 } }
@media (prefers-reduced-motion: no-preference) { dialog[open] { animation: rise .2s }
  @keyframes rise { from { transform: translateY(24px); opacity: 0 } } }
@media print { .open { display: none } }`;

  const script = document.currentScript || document.querySelector('script[src*="/widget.js"]');
  const { origin } = new URL(script.src);
  const title = (script.dataset.title || "").trim().slice(0, 20) || WORDS.title;
  const school = (script.dataset.school || "").trim().toUpperCase();

  const dress = (node, attributes, ...children) => {
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    node.append(...children);
    return node;
  };
  const make = (name, ...rest) => dress(document.createElement(name), ...rest);
  const draw = (name, ...rest) => dress(document.createElementNS("http://www.w3.org/2000/svg", name), ...rest);

  const path = "M24 3 6 9v14c0 11 7 18 18 22 11-4 18-11 18-22V9zM22 13h4v13h-4zm0 18h4v5h-4z";
  const shield = draw("svg", { viewBox: "0 0 48 48", "aria-hidden": "true" }, draw("path", { d: path, fill: "#fff", "fill-rule": "evenodd" }));
  const hint = WORDS.hint.replace("{title}", title);
  const button = make("button", { class: "open", "aria-haspopup": "dialog", "aria-label": hint }, shield, title);
  const away = make("a", { href: `${origin}/chat`, target: "_blank", rel: "noopener noreferrer", hidden: "" }, WORDS.failed);
  const close = make("button", { "aria-label": WORDS.close }, "✕");
  const bar = make("div", { class: "bar" }, make("span", {}, WORDS.loading), away, close);
  const dialog = make("dialog", { "aria-label": title }, bar);
  const host = make("fanzha-widget");
  host.style.setProperty("all", "initial", "important"); // the page's rules are not for this
  const shadow = host.attachShadow({ mode: "open" });
  let frame;

  function load() {
    frame = make("iframe", {
      title,
      src: `${origin}/widget${CODE.test(school) ? `?school=${school}` : ""}`,
      allow: "clipboard-read; clipboard-write",
      sandbox: "allow-scripts allow-same-origin allow-forms allow-downloads allow-top-navigation-to-custom-protocols", // tel:
      referrerpolicy: "no-referrer",
    });
    frame.onload = () => frame.contentWindow.postMessage({ fanzha: "hello" }, origin);
    dialog.append(frame);
    setTimeout(() => (away.hidden = false), OPEN_MS);
  }

  function open() {
    if (!dialog.showModal) return window.open(away.href, "_blank", "noopener");
    dialog.showModal();
    if (frame) frame.focus();
    else load();
  }

  function hear({ source, origin: from, data }) {
    if (!frame || source !== frame.contentWindow || from !== origin || !data) return;
    dialog.style.setProperty("--width", `${Math.min(560, Math.max(320, Number(data.width) || 400))}px`);
    if (data.fanzha === "close") dialog.close();
    if (data.fanzha !== "open") return;
    bar.hidden = true; // the frame has its own
    if (dialog.open) frame.focus();
  }

  try {
    const sheet = new CSSStyleSheet(); // no policy against inline styles concerns it
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
  } catch {
    shadow.append(make("style", {}, STYLE)); // browsers before 2023
  }
  shadow.append(button, dialog);
  button.onclick = open;
  close.onclick = () => dialog.close();
  dialog.onclick = ({ target }) => target === dialog && dialog.close(); // beside the panel
  addEventListener("message", hear);
  (window[KEY] = () => {
    if (!host.isConnected) document.documentElement.append(host); // beside the body, which many pages replace
  })();
})();
