// Renderer of /openapi.json.
import { copyButton, make } from "./tools.js";

let whole;
const resolve = (node) => (node?.$ref ? node.$ref.slice(2).split("/").reduce((at, key) => at[key.replaceAll("~1", "/").replaceAll("~0", "~")], whole) : node);

// Text with `code` in it.
function prose(name, text, attributes = {}) {
  const element = make(name, attributes);
  text.split("`").forEach((piece, i) => element.append(i % 2 ? make("code", {}, piece) : piece));
  return element;
}

// A path that breaks between its segments.
const breakable = (path) => make("span", {}, ...path.split(/(?=\/)/).flatMap((segment) => [make("wbr"), segment]));

function code(text, caption) {
  return make("figure", { class: "code" }, caption ? make("figcaption", {}, caption) : null,
    make("div", { class: "code" }, make("pre", { tabindex: "0" }, text), copyButton("Copy", () => text)));
}

/** A schema in short: what it is and its bounds. */
function typeText(schema) {
  const s = schema ?? {};
  if (s.$ref) return s.$ref.split("/").pop();
  if (s.oneOf) return s.oneOf.map(typeText).join(" or ");
  if ("const" in s) return JSON.stringify(s.const);
  if (s.enum) return s.enum.length > 8 ? "string" : s.enum.join(" | ");
  let text = [s.type ?? "any"].flat().join(" or ");
  if (s.properties) text = `object with ${Object.keys(s.properties).join(", ")}`;
  if (s.type === "array") text = `list of ${typeText(s.items)}`;
  if (s.minimum !== undefined && s.maximum !== undefined) text += `, ${s.minimum} to ${s.maximum}`;
  if (s.default !== undefined) text += `, default ${s.default}`;
  return text;
}

function rows(entries) {
  return make("table", { class: "rows" }, make("tbody", {}, ...entries.map((cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, ...[cell].flat()))))));
}

function parameters(list) {
  return rows(list.map(resolve).map((p) => [make("code", {}, p.name),
    [prose("span", p.description ?? ""), make("span", { class: "fine" }, `${p.in}${p.required ? ", required" : ""}: ${typeText(p.schema)}`)]]));
}

function members(schema) {
  const s = resolve(schema);
  return rows(Object.entries(s.properties ?? {}).map(([name, member]) => [make("code", {}, name),
    [prose("span", member.description ?? ""), make("span", { class: "fine" }, `${typeText(member)}${(s.required ?? []).includes(name) ? "" : ", optional"}`)]]));
}

function examplesOf(content) {
  const found = [];
  for (const media of Object.values(content ?? {})) {
    if (media.example !== undefined) found.push(["", media.example]);
    for (const { summary, value } of Object.values(media.examples ?? {})) found.push([summary, value]);
  }
  return found;
}

// Errors have one shape and long lists of codes: collapsed by default.
const isError = (response) => response.description.startsWith("`");

function responses(all) {
  const entries = Object.entries(all).map(([status, response]) => [status, resolve(response)]);
  const errors = entries.filter(([, response]) => isError(response));
  return [rows(entries.filter(([, response]) => !isError(response)).map(([status, response]) => responseRow(status, response))),
    make("details", {}, make("summary", {}, `Errors: ${errors.map(([status]) => status).join(", ")}`),
      rows(errors.map(([status, response]) => responseRow(status, response))))];
}

function responseRow(status, response) {
  const r = response;
  const types = Object.entries(r.content ?? {}).map(([type, media]) => {
    const text = typeText(media.schema);
    return text === "any" || text === "string" ? type : `${type}: ${text}`;
  });
  return [make("code", {}, status), [prose("span", r.description), types.length ? make("span", { class: "fine" }, types.join("; ")) : null]];
}

function operation(path, method, op) {
  const box = make("article", { class: "op", id: op.operationId ?? `${method}${path}` },
    make("h3", {}, make("span", { class: `verb ${method}` }, method.toUpperCase()), make("code", {}, path), make("span", { class: "summary" }, op.summary ?? "")));
  const part = (title, ...content) => box.append(make("h4", {}, title), ...content);
  if (op.description) box.append(prose("p", op.description));
  if (op.parameters?.length) part("Parameters", parameters(op.parameters));
  if (op.requestBody) {
    const content = Object.entries(op.requestBody.content);
    part("Body, one of", rows(content.map(([type, { schema }]) => [make("code", {}, type),
      schema.description ? prose("span", schema.description) : typeText(schema)])));
  }
  if (op["x-codeSamples"]?.length) {
    part("Try it", ...op["x-codeSamples"].map((sample) => code(sample.source.replaceAll("http://127.0.0.1:8000", location.origin), sample.label)));
  }
  part("Answers", ...responses(op.responses ?? {}));
  for (const [status, response] of Object.entries(op.responses ?? {}))
    for (const [summary, value] of examplesOf(resolve(response).content))
      box.append(make("details", {}, make("summary", {}, `Example of ${status}${summary ? `: ${summary.toLowerCase()}` : ""}`), code(JSON.stringify(value, null, 2))));
  return box;
}

function schemas() {
  return Object.entries(whole.components.schemas).map(([name, schema]) => make("article", { class: "op", id: `schema-${name}` },
    make("h3", {}, make("code", {}, name)), schema.description ? prose("p", schema.description) : "",
    schema.properties ? members(schema) : make("p", { class: "fine" }, typeText(schema))));
}

const link = ({ path, method, op }) => make("a", { href: `#${op.operationId ?? method + path}` },
  make("span", { class: `verb ${method}` }, method.toUpperCase()), breakable(path));

function render() {
  const main = document.getElementById("description"), toc = document.getElementById("toc");
  const all = Object.entries(whole.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, op]) => ({ path, method, op })));
  document.title = `API – ${whole.info.title}`;
  document.getElementById("title").textContent = whole.info.summary ?? whole.info.title;
  document.getElementById("lead").replaceWith(prose("p", whole.info.description, { class: "lead", id: "lead" }));
  document.getElementById("version").textContent = `Version ${whole.info.version}, license ${whole.info.license?.name}`;
  const known = whole.tags.map((tag) => tag.name);
  const tags = [...whole.tags, ...[...new Set(all.flatMap(({ op }) => op.tags ?? ["Other"]))].filter((name) => !known.includes(name)).map((name) => ({ name, description: "" }))];
  for (const tag of tags) {
    const its = all.filter(({ op }) => (op.tags ?? ["Other"]).includes(tag.name));
    if (its.length === 0) continue;
    main.append(make("h2", { class: "tag" }, tag.name), make("p", { class: "fine" }, tag.description), ...its.map(({ path, method, op }) => operation(path, method, op)));
    const ofVersions = its.filter(({ path }) => path.includes("/versions/"));
    toc.append(make("h2", {}, tag.name), ...its.filter((one) => !ofVersions.includes(one)).map(link));
    // The same requests once more, for one version of the model.
    if (ofVersions.length) toc.append(make("details", {}, make("summary", {}, "For one version"), ...ofVersions.map(link)));
  }
  main.append(make("h2", { class: "tag", id: "schemas" }, "Schemas"), make("p", { class: "fine" }, "Request and response bodies."), ...schemas());
  toc.append(make("h2", {}, "Bodies"), make("a", { href: "#schemas" }, "Schemas"));
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

try {
  whole = await (await fetch("openapi.json")).json();
  render();
} catch {
  document.getElementById("description").append(make("p", { class: "notice" }, "The description cannot be loaded. Is the server still running?"));
}
