// Helpers that the pages share: creating elements, copying text.

/** An element: make("p", {class: "fine"}, "text", child, ...). Text is always text, never markup. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function makeSvg(name, attributes = {}) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function icon(path) {
  const svg = makeSvg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" });
  svg.append(makeSvg("path", { d: path }));
  return svg;
}

const copyPath = "M5.5 5.5V3a1 1 0 0 1 1-1H13a1 1 0 0 1 1 1v6.5a1 1 0 0 1-1 1h-2.5M3 5.5h6.5a1 1 0 0 1 1 1V13a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V6.5a1 1 0 0 1 1-1z";
const donePath = "m3 8.5 3.5 3.5L13 4.5";

// The clipboard needs a secure context; a selection works everywhere.
async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = make("textarea", { class: "unseen", "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (!copied) throw new Error("not copied");
}

/** A button that copies what `text()` gives. */
export function copyButton(label, text) {
  const button = make("button", { type: "button", class: "icon", title: label, "aria-label": label }, icon(copyPath));
  button.addEventListener("click", async () => {
    try {
      await copy(text());
    } catch {
      return;
    }
    button.replaceChildren(icon(donePath));
    button.classList.add("done");
    button.setAttribute("aria-label", "Copied");
    setTimeout(() => {
      button.replaceChildren(icon(copyPath));
      button.classList.remove("done");
      button.setAttribute("aria-label", label);
    }, 1500);
  });
  return button;
}

// What the user typed for a server that requires it: kept by this page and this visit alone.
let apiKey = "";
export const setApiKey = (key) => { apiKey = key; };
/** The header that sends the key, or nothing. */
export const keyHeaders = () => (apiKey ? { Authorization: `Bearer ${apiKey}` } : {});

export function bytesText(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(bytes < 10240 ? 1 : 0)} KB`;
  return `${Number((bytes / 1024 / 1024).toFixed(1))} MB`;
}

/** A path of the API with those of the parameters that have a value. */
export function target(path, parameters) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== ""));
  return `${path}?${query}`;
}
