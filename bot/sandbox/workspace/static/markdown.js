// The markdown block: headings, lists, tasks, quotes, code, tables and inline marks, built as elements.

import { el, link, safeImage } from "./dom.js";
import { withEmoji } from "./emoji.js";

export function markdown(text) {
  const lines = String(text ?? "").replace(/\r/g, "").split("\n");
  const nodes = [];
  let at = 0;
  while (at < lines.length) {
    const [node, next] = chunk(lines, at);
    if (node) nodes.push(node);
    at = next;
  }
  return el("div", { class: "markdown" }, nodes);
}

const STARTS = /^(\s*([-*+]|\d+[.)])\s|#{1,6}\s|>|```|\s*\|)/;

function chunk(lines, at) {
  const line = lines[at];
  if (line.trim() === "") return [null, at + 1];
  if (line.startsWith("```")) return fence(lines, at);
  const heading = line.match(/^(#{1,6})\s+(.*?)\s*#*$/);
  if (heading) return [el("div", { class: `md-h md-h${heading[1].length}`, role: "heading", "aria-level": String(heading[1].length + 2) }, span(heading[2])), at + 1];
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) return [el("hr"), at + 1];
  if (line.startsWith(">")) return run(lines, at, (each) => each.startsWith(">"), (part) => el("blockquote", {}, markdown(part.map((each) => each.replace(/^> ?/, "")).join("\n"))));
  if (/^\s*([-*+]|\d+[.)])\s/.test(line)) return run(lines, at, (each) => /^\s*([-*+]|\d+[.)])\s|^\s{2,}\S/.test(each), list);
  if (isTable(lines, at)) return run(lines, at, (each) => each.includes("|"), table);
  return run(lines, at, (each, index) => each.trim() !== "" && (index === at || !STARTS.test(each)), paragraph);
}

function run(lines, at, belongs, build) {
  let end = at + 1;
  while (end < lines.length && belongs(lines[end], end)) end += 1;
  return [build(lines.slice(at, end)), end];
}

function fence(lines, at) {
  const end = lines.findIndex((line, index) => index > at && line.startsWith("```"));
  const until = end < 0 ? lines.length : end;
  return [el("pre", { class: "pre", tabindex: "0" }, lines.slice(at + 1, until).join("\n")), until + 1];
}

function paragraph(lines) {
  return el("p", {}, lines.flatMap((line, at) => [at ? el("br") : null, ...span(line)]));
}

function list(lines) {
  const ordered = /^\s*\d/.test(lines[0]);
  const base = lines[0].match(/^\s*/)[0].length;
  const items = [];
  for (const line of lines) {
    const mark = line.match(/^(\s*)([-*+]|\d+[.)])\s+(.*)$/);
    if (mark && mark[1].length <= base + 1) items.push({ text: mark[3], inner: [] });
    else items.at(-1).inner.push(line);
  }
  return el(ordered ? "ol" : "ul", { start: ordered ? lines[0].trim().match(/^\d+/)[0] : undefined }, items.map(item));
}

function item({ text, inner }) {
  const task = text.match(/^\[([ xX])\]\s+(.*)$/);
  const nested = inner.length ? markdown(inner.join("\n").replace(/^ {2,4}/gm, "")) : null;
  if (!task) return el("li", {}, span(text), nested);
  return el("li", { class: "todo" }, el("input", { type: "checkbox", checked: task[1] !== " ", disabled: true }), " ", span(task[2]), nested);
}

function isTable(lines, at) {
  return lines[at].includes("|") && /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(lines[at + 1] ?? "");
}

function table(lines) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
  const aligns = cells(lines[1]).map((rule) => (rule.endsWith(":") ? (rule.startsWith(":") ? "center" : "right") : "left"));
  const row = (line, tag) => el("tr", {}, cells(line).map((cell, at) => el(tag, { class: `align-${aligns[at] ?? "left"}` }, span(cell))));
  return el("div", { class: "table-scroll", tabindex: "0" }, el("table", { class: "table" }, el("thead", {}, row(lines[0], "th")), el("tbody", {}, lines.slice(2).map((line) => row(line, "td")))));
}

const RULES = [
  [/`([^`]+)`/, (match) => el("code", {}, match[1])],
  [/!\[([^\]]*)\]\(([^)\s]+)\)/, (match) => (safeImage(match[2]) ? el("img", { src: match[2], alt: match[1], class: "md-image" }) : match[1])],
  [/\[([^\]]+)\]\(([^)\s]+)\)/, (match) => link(match[2], span(match[1]))],
  [/\*\*(?=\S)(.+?)\*\*|__(?=\S)(.+?)__/, (match) => el("strong", {}, span(match[1] ?? match[2]))],
  [/(?<![\w*])\*(?=\S)([^*]+?)\*(?!\w)|(?<!\w)_(?=\S)([^_]+?)_(?!\w)/, (match) => el("em", {}, span(match[1] ?? match[2]))],
  [/~~(?=\S)(.+?)~~/, (match) => el("s", {}, span(match[1]))],
  [/\bhttps?:\/\/[^\s<>"]*[^\s<>"'.,;:!?)\]]/, (match) => link(match[0], match[0])],
];

function span(text) {
  const found = RULES.map(([pattern, build]) => ({ build, match: pattern.exec(text) })).filter((rule) => rule.match);
  if (!found.length) return withEmoji(text);
  const first = found.reduce((one, other) => (other.match.index < one.match.index ? other : one));
  const { index, 0: whole } = first.match;
  return [...withEmoji(text.slice(0, index)), first.build(first.match), ...span(text.slice(index + whole.length))];
}
