// Upload of images and the cards of their results. Each image is a request of its own, with its own progress, timing and ID.
import { fetchExplanation, layOver } from "./heat_map.js";
import { mostSimilar } from "./similar.js";
import { bytesText, copyButton, keyHeaders, make, setApiKey, target } from "./tools.js";

const sampleNames = ["star-1.jpg", "heart-1.png", "crescent-1.png", "spiral-2.jpg", "dots-1.jpg", "cross-2.jpg", "circle-2.jpg", "triangle-1.png"];
const parallelMax = 4;
// The most that a card can show, so that it can show more later.
const topKMax = 10;
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
  UNAUTHORIZED: "This server requires an API key. Enter it above.",
};
const unknown = "Nothing it is sure of";
const unreachable = "The server does not answer. Is it still running?";

const at = (id) => document.getElementById(id);
const cards = at("cards");
const shown = new Set();
const waiting = [];
let running = 0;
let maxImageBytes = Infinity;
// Of several models: those with groups, and the name of the one that is chosen. Empty: there is one model.
let withGroups = new Set();
let chosenModel = "";

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
    const next = this.element.nextElementSibling ?? this.element.previousElementSibling;
    this.removed = true;
    this.request?.abort();
    URL.revokeObjectURL(this.url);
    this.element.remove();
    shown.delete(this);
    showBar();
    announce(`${this.file.name} removed`);
    (next?.querySelector(".remove") ?? at("files")).focus();
  }

  send() {
    return new Promise((done) => {
      const form = new FormData();
      form.append("file", this.file, this.file.name);
      const request = (this.request = new XMLHttpRequest());
      const began = performance.now();
      this.uploadMs = undefined;
      this.model = chosenModel;
      this.explanation = this.explained = this.embedding = undefined;
      request.open("POST", target("predict", { top_k: topKMax, model: this.model, groups: withGroups.has(this.model) ? 1 : "" }));
      for (const [name, value] of Object.entries(keyHeaders())) request.setRequestHeader(name, value);
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
    if (code === "UNAUTHORIZED") askForKey();
    this.showProblem(words[code] ?? "The server could not classify this image.", { code, message, id, status: request.status });
  }

  showPredictions(answer, request, totalMs, id) {
    this.predictions = answer.predictions;
    this.list = make("ol", { class: "classes", "aria-label": `What is in ${this.file.name}` });
    const timing = timingOf(request.getResponseHeader("Server-Timing"));
    // The browser reports the end of a small upload late: it cannot have taken longer than the total minus the server's time.
    const others = phases.reduce((sum, phase) => sum + (timing[phase] ?? 0), 0);
    timing.upload = Math.max(0, Math.min(this.uploadMs ?? 0, totalMs - others));
    this.likeness = make("p", { class: "fine likeness" });
    this.outcome.replaceChildren(...groupLine(answer.groups), this.list, timingSplit(timing, totalMs, request.getResponseHeader("Age")), this.trace(id), this.likeness);
    this.showClasses();
    this.showHeat();
    this.element.removeAttribute("aria-busy");
    this.element.classList.remove("failed");
    const best = answer.predictions[0];
    announce(`${this.file.name}: ${best ? `${best.class_name}, ${percent(best.confidence)}` : unknown}`);
  }

  /** As many classes as are chosen now, and the command that asks for as many. */
  showClasses() {
    if (!this.list) return;
    const topK = at("top-k").value;
    this.list.replaceChildren(...this.predictions.slice(0, topK).map((one) => classLine(one, this.choice(one))));
    if (this.predictions.length === 0) this.list.append(make("li", {}, make("span", { class: "class" }, unknown)));
    this.command.textContent = `curl -F file=@${shellWord(this.file.name)} '${new URL(target("predict", { top_k: topK, model: this.model }), location.href)}'`;
  }

  /** While heat maps are shown a class is a button that chooses its own. */
  choice({ class_index: index }) {
    if (!at("heat").checked || !this.explanation) return null;
    return { pressed: index === this.explained, choose: () => this.explain(index) };
  }

  async showHeat() {
    const layer = this.element.querySelector(".heat");
    const preview = this.element.querySelector(".thumb img");
    layer.hidden = true;
    if (at("heat").checked && this.predictions?.length > 0 && preview.naturalWidth > 0) {
      try {
        this.explanation ??= await fetchExplanation(this.file, topKMax, this.model);
        this.explain(this.explained ?? this.predictions[0].class_index);
      } catch (failure) {
        at("heat").checked = false;
        announce(failure.message);
      }
    }
    this.showClasses();
  }

  explain(index) {
    const map = this.explanation.activation_maps.find((one) => one.class_index === index);
    if (!map || !at("heat").checked) return;
    const layer = this.element.querySelector(".heat");
    this.explained = index;
    layOver(layer, this.element.querySelector(".thumb img"), this.explanation.crop, map.png);
    layer.alt = `Where the model saw ${map.class_name}`;
    const chosen = [...this.list.children].findIndex((line) => line.contains(document.activeElement));
    this.showClasses();
    this.list.children[chosen]?.querySelector("button").focus();
  }

  async findSimilar() {
    const others = [...shown].filter((card) => card !== this && card.predictions && card.model === this.model);
    if (others.length === 0) return announce("There is no other image to compare with.");
    try {
      const ranked = await mostSimilar(this, others);
      shown.forEach((card) => card.likeness?.replaceChildren());
      this.likeness.textContent = "The others follow, most similar first.";
      for (const { other, likeness } of ranked) other.likeness.textContent = `Similarity to ${this.file.name}: ${likeness.toFixed(2)}`;
      cards.prepend(this.element, ...ranked.map(({ other }) => other.element));
      this.element.querySelector(".similar").focus();
      announce(`Most similar to ${this.file.name}: ${ranked[0].other.file.name}, ${ranked[0].likeness.toFixed(2)}`);
    } catch (failure) {
      announce(failure.message);
      this.likeness.textContent = failure.message;
    }
  }

  trace(id) {
    this.command = make("code", { class: "curl", tabindex: "0" });
    return make("div", { class: "trace" },
      id ? make("p", { class: "copy-line" }, make("span", {}, "ID"), make("code", { class: "id" }, id), copyButton("Copy the correlation ID", () => id)) : null,
      make("p", { class: "copy-line" }, make("span", {}, "Shell"), this.command, copyButton("Copy the curl command", () => this.command.textContent)),
      make("button", { type: "button", class: "quiet similar", "aria-label": `Find images similar to ${this.file.name}`, onclick: () => this.findSimilar() }, "Find similar"));
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

// The best group, where the model's labels have groups: a dog whose breed is unsure is a dog.
function groupLine(groups = []) {
  return groups.slice(0, 1).map(({ group, confidence }) => make("p", { class: "group" }, make("span", {}, "Group"), ` ${group}, ${percent(confidence)}`));
}

function classLine({ class_name: name, confidence }, choice) {
  const fill = make("div", { class: "fill" });
  fill.style.width = `${confidence * 100}%`;
  const label = choice
    ? make("button", { type: "button", class: "class", "aria-pressed": String(choice.pressed), onclick: choice.choose }, name)
    : make("span", { class: "class" }, name);
  return make("li", {}, label,
    make("span", { class: "track", "aria-hidden": "true" }, fill), make("span", { class: "share" }, percent(confidence)));
}

function percent(share) {
  const value = share * 100;
  return value >= 99.95 ? ">\u00a099.9\u00a0%" : value < 0.1 ? "<\u00a00.1\u00a0%" : `${value.toFixed(1)}\u00a0%`;
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
  if (card.file.size > maxImageBytes) {
    card.showProblem(`This file has ${bytesText(card.file.size)}; the server takes up to ${bytesText(maxImageBytes)}.`, { status: 413 });
    return;
  }
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
  const all = [...files].map((file) => new Card(file));
  cards.prepend(...all.map((card) => card.element));
  for (const card of all) {
    shown.add(card);
    enqueue(card);
  }
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

function askForKey() {
  at("key-form").hidden = false;
}

function showModels(info) {
  const models = info.models ?? [{ name: "", model: info.model, default: true }];
  withGroups = new Set(models.filter(({ model }) => model?.groups > 0).map(({ name }) => name));
  if (models.length < 2) return;
  at("model").replaceChildren(...models.map(({ name, default: first }) => make("option", first ? { selected: "" } : {}, name)));
  at("models-bar").hidden = false;
  chosenModel = at("model").value;
}

// The images that are there are asked about again.
function chooseModel() {
  chosenModel = at("model").value;
  announce(`Model ${chosenModel}`);
  [...shown].filter((card) => !card.element.hasAttribute("aria-busy")).forEach(enqueue);
}

async function showLimits() {
  try {
    const answer = await fetch("info", { headers: keyHeaders() });
    at("key-form").hidden = answer.status !== 401;
    if (answer.status === 401) return; // The key's form goes on.
    const info = await answer.json();
    maxImageBytes = info.limits.max_image_bytes;
    showModels(info);
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
at("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  setApiKey(at("key").value.trim());
  showLimits();
});
at("model").addEventListener("change", chooseModel);
at("top-k").addEventListener("change", () => shown.forEach((card) => card.showClasses()));
at("heat").addEventListener("change", () => shown.forEach((card) => card.showHeat()));
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
