// Upload of images and the cards of their results. Each image is a request of its own, with its own progress, timing and ID.
import { bytesText, copyButton, make } from "./tools.js";

const sampleNames = ["star-1.jpg", "heart-1.png", "crescent-1.png", "spiral-2.jpg", "dots-1.jpg", "cross-2.jpg", "circle-2.jpg", "triangle-1.png"];
const parallelMax = 4;
const timeoutMs = 120_000;
const phases = ["upload", "decode", "queue", "infer"];

// A sentence for each error; the server's message follows.
const words = {
  UNSUPPORTED_MEDIA_TYPE: "This is not an image in a format that the server accepts.",
  PREPROCESSING_FAILED: "This image is broken and cannot be read.",
  FILE_TOO_LARGE: "This file is too large.",
  IMAGE_TOO_LARGE: "This image has too many pixels.",
  EMPTY_FILE: "This file is empty.",
  QUEUE_FULL: "The server is busy. Try again in a moment.",
  MODEL_NOT_LOADED: "The model is not loaded yet. Try again in a moment.",
  SHUTTING_DOWN: "The server is shutting down.",
  OUT_OF_MEMORY: "The server does not have enough memory for this image. Try again in a moment.",
  DEADLINE_EXCEEDED: "The request took too long. Try again in a moment.",
  REQUEST_TIMEOUT: "The upload was too slow.",
  RATE_LIMITED: "Too many requests. Try again in a moment.",
  UNAUTHORIZED: "This server requires an API key, which this page does not have.",
};
const unknown = "Nothing it is sure of";
const unreachable = "The server does not answer. Is it still running?";

const at = (id) => document.getElementById(id);
const cards = at("cards");
const waiting = [];
let running = 0;

function announce(text) {
  at("announce").textContent = text;
}

// ---- one image ----

class Card {
  constructor(file) {
    this.file = file;
    this.element = at("card").content.firstElementChild.cloneNode(true);
    this.outcome = this.element.querySelector(".outcome");
    this.element.querySelector(".name").textContent = file.name;
    this.element.querySelector(".name").title = file.name;
    this.element.querySelector(".size").textContent = bytesText(file.size);
    const remove = this.element.querySelector(".remove");
    remove.setAttribute("aria-label", `Remove ${file.name}`);
    remove.addEventListener("click", () => this.remove());
    this.showPreview();
    this.showWaiting("Waiting");
    cards.prepend(this.element);
  }

  showPreview() {
    const image = this.element.querySelector("img");
    this.url = URL.createObjectURL(this.file);
    image.onerror = () => {
      image.parentElement.classList.add("none");
      image.parentElement.dataset.kind = this.file.name.split(".").pop().slice(0, 5).toUpperCase();
    };
    image.src = this.url;
  }

  showWaiting(text, share) {
    const bar = make("progress", { max: 1, "aria-label": `Upload of ${this.file.name}` });
    if (share !== undefined) bar.value = share;
    this.outcome.replaceChildren(make("p", { class: "waiting" }, text), bar);
    this.element.setAttribute("aria-busy", "true");
  }

  remove() {
    this.removed = true;
    this.request?.abort();
    URL.revokeObjectURL(this.url);
    this.element.remove();
    showBar();
  }

  send() {
    return new Promise((done) => {
      const form = new FormData();
      form.append("file", this.file, this.file.name);
      const request = (this.request = new XMLHttpRequest());
      const began = performance.now();
      this.topK = at("top-k").value;
      this.uploadMs = undefined;
      request.open("POST", `predict?top_k=${this.topK}`);
      request.timeout = timeoutMs;
      request.upload.onprogress = (event) => {
        if (event.lengthComputable) this.showWaiting("Uploading", event.loaded / event.total);
      };
      request.upload.onload = () => {
        this.uploadMs = performance.now() - began;
        this.showWaiting("Classifying");
      };
      request.onload = () => this.take(request, performance.now() - began);
      request.onerror = () => this.showProblem(unreachable, {});
      request.ontimeout = () => this.showProblem("The server took too long to answer.", {});
      request.onloadend = done;
      this.showWaiting("Uploading", 0);
      request.send(form);
    });
  }

  take(request, totalMs) {
    let answer;
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      answer = {};
    }
    const id = request.getResponseHeader("X-Correlation-ID");
    if (request.status === 200 && answer.predictions) {
      this.showPredictions(answer, request, totalMs, id);
      return;
    }
    const { code, message } = answer.error ?? {};
    this.showProblem(words[code] ?? "The server could not classify this image.", { code, message, id, status: request.status });
  }

  showPredictions(answer, request, totalMs, id) {
    const list = make("ol", { class: "classes", "aria-label": `What is in ${this.file.name}` });
    for (const { class_name: name, confidence } of answer.predictions) {
      const fill = make("div", { class: "fill" });
      fill.style.width = `${confidence * 100}%`;
      list.append(make("li", {}, make("span", { class: "class", title: name }, name),
        make("span", { class: "track", "aria-hidden": "true" }, fill), make("span", { class: "share" }, percent(confidence))));
    }
    if (answer.unknown) list.append(make("li", {}, make("span", { class: "class" }, unknown)));
    const timing = timingOf(request.getResponseHeader("Server-Timing"));
    // The browser reports the end of a small upload late: it cannot have taken longer than the total minus the server's time.
    const others = phases.reduce((sum, phase) => sum + (timing[phase] ?? 0), 0);
    timing.upload = Math.max(0, Math.min(this.uploadMs ?? 0, totalMs - others));
    this.outcome.replaceChildren(list, timingSplit(timing, totalMs, request.getResponseHeader("Age")), this.trace(id));
    this.element.removeAttribute("aria-busy");
    this.element.classList.remove("failed");
    const best = answer.predictions[0];
    announce(`${this.file.name}: ${best ? `${best.class_name}, ${percent(best.confidence)}` : unknown}`);
  }

  trace(id) {
    const command = `curl -F file=@${shellWord(this.file.name)} '${new URL("predict", location.href)}?top_k=${this.topK}'`;
    return make("div", { class: "trace" },
      id ? make("p", { class: "copy-line" }, make("span", {}, "ID"), make("code", { class: "id" }, id), copyButton("Copy the correlation ID", () => id)) : null,
      make("p", { class: "copy-line" }, make("span", {}, "Shell"), make("code", { class: "curl", tabindex: "0" }, command), copyButton("Copy the curl command", () => command)));
  }

  showProblem(text, { code, message, id, status }) {
    if (this.removed) return;
    const box = make("div", { class: "problem" }, make("strong", {}, text));
    if (message) box.append(make("p", { class: "fine" }, `${message[0].toUpperCase()}${message.slice(1)} (${code})`));
    if (id) box.append(make("p", { class: "fine" }, "ID ", make("code", { class: "id" }, id)));
    if (!status || status >= 500 || status === 408 || status === 429)
      box.append(make("button", { type: "button", class: "quiet", onclick: () => enqueue(this) }, "Try again"));
    this.outcome.replaceChildren(box);
    this.element.removeAttribute("aria-busy");
    this.element.classList.add("failed");
    announce(`${this.file.name}: ${text}`);
  }
}

function percent(share) {
  const value = share * 100;
  return value >= 99.95 ? "100\u00a0%" : value < 0.05 ? "0\u00a0%" : `${value.toFixed(1)}\u00a0%`;
}

function shellWord(name) {
  return /^[\w.,+-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

// "decode;dur=1.2, queue;dur=0.0" as {decode: 1.2, queue: 0}.
function timingOf(header) {
  const found = {};
  for (const [, name, ms] of (header ?? "").matchAll(/([\w-]+);dur=([\d.]+)/g)) found[name] = Number(ms);
  return found;
}

function timingSplit(timing, totalMs, age) {
  const bar = make("div", { class: "split", "aria-hidden": "true" });
  const legend = make("ul", { class: "legend", "aria-label": "Where the time went" });
  for (const phase of phases) {
    const ms = timing[phase] ?? 0;
    const part = make("i", { class: phase });
    part.style.flexGrow = Math.max(ms, 0.001);
    bar.append(part);
    legend.append(make("li", { class: phase }, `${phase} ${ms.toFixed(1)} ms`));
  }
  legend.append(make("li", { class: "total" }, `${age === null ? "" : `from the cache, ${age} s old; `}${totalMs.toFixed(0)} ms total`));
  return make("div", { class: "timing" }, bar, legend);
}

// ---- many images ----

function enqueue(card) {
  card.showWaiting("Waiting");
  waiting.push(card);
  pump();
}

async function pump() {
  while (running < parallelMax && waiting.length > 0) {
    const card = waiting.shift();
    if (card.removed) continue;
    running++;
    card.send().finally(() => {
      running--;
      pump();
    });
  }
}

function showBar() {
  at("results-bar").hidden = cards.children.length === 0;
}

function add(files) {
  const all = [...files];
  for (const file of all) enqueue(new Card(file));
  showBar();
  if (all.length > 1) announce(`${all.length} images`);
}

async function addSample(name) {
  try {
    const answer = await fetch(`assets/${name}`);
    if (!answer.ok) throw new Error(answer.statusText);
    const bytes = await answer.blob();
    add([new File([bytes], name, { type: bytes.type })]);
  } catch {
    announce(unreachable);
    add([new File([], name)]);
  }
}

function showSamples() {
  for (const name of sampleNames) {
    const shape = name.split("-")[0];
    at("samples").querySelector("ul").append(make("li", {}, make("button", { type: "button", "data-sample": name, "aria-label": `Classify the sample ${shape}`, onclick: () => addSample(name) },
      make("img", { src: `assets/${name}`, alt: "", loading: "lazy" }))));
  }
  at("samples").hidden = false;
}

async function showLimits() {
  try {
    const answer = await fetch("info");
    if (answer.status === 401) return; // This page has no key, and will not have one in two seconds either.
    const info = await answer.json();
    at("version").textContent = info.version;
    at("limit").textContent = `, up to ${bytesText(info.limits.max_image_bytes)} each`;
    if (info.model?.demo) at("lead").textContent = "The demo model knows twelve shapes and patterns. Choose images to see their most probable classes.";
    // The samples are pictures of what the demo model knows.
    if (info.model?.demo) return showSamples();
    if (info.model) return;
  } catch { /* The panel says that the server is not there. */ }
  setTimeout(showLimits, 2000);
}

// ---- the ways in ----

at("files").addEventListener("change", (event) => {
  add(event.target.files);
  event.target.value = "";
});
at("form").addEventListener("submit", (event) => event.preventDefault());
at("clear").addEventListener("click", () => {
  while (cards.firstElementChild) cards.firstElementChild.querySelector(".remove").click();
  at("files").focus();
});
document.addEventListener("paste", (event) => add(event.clipboardData.files));

let depth = 0;
const dragging = (change) => {
  depth = change === 0 ? 0 : depth + change;
  document.body.classList.toggle("dragging", depth > 0);
};
document.addEventListener("dragenter", () => dragging(1));
document.addEventListener("dragleave", () => dragging(-1));
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  dragging(0);
  add(event.dataTransfer.files);
});

showLimits();
