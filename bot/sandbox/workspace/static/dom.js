// Makes elements from data; text is always set as text, so nothing written here can become markup.

const SVG = "http://www.w3.org/2000/svg";

/** el("button", {class: "x", data: {testid: "y"}, on: {click}}, ...children); null and false children are left out. */
export function el(tag, props = {}, ...children) {
  const node = tag.startsWith("svg:") ? document.createElementNS(SVG, tag.slice(4)) : document.createElement(tag);
  for (const [name, value] of Object.entries(props)) set(node, name, value);
  node.append(...children.flat(Infinity).filter(isShown));
  return node;
}

function isShown(child) {
  return child !== null && child !== undefined && child !== false && child !== "";
}

function set(node, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name === "on") for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
  else if (name === "data") for (const [key, text] of Object.entries(value)) node.setAttribute(`data-${key}`, text);
  else if (name === "style") for (const [key, text] of Object.entries(value)) node.style.setProperty(key, text);
  else if (name === "value" || name === "checked" || name === "disabled" || name === "selected") node[name] = value;
  else node.setAttribute(name, value === true ? "" : value);
}

export function fill(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter(isShown));
  return node;
}

/** Only these schemes may become a link; everything else stays text. */
export function safeUrl(url) {
  return /^(https?:\/\/|mailto:)/i.test(url ?? "") ? url : null;
}

/** An image may also come from this very page (an uploaded file's preview). */
export function safeImage(url) {
  return /^(https?:\/\/|\/(?!\/)|data:image\/(png|jpeg|gif|webp);)/i.test(url ?? "") ? url : null;
}

export function link(url, ...children) {
  const href = safeUrl(url);
  if (!href) return el("span", {}, ...children);
  return el("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

const ICONS = {
  hash: "M6 2 4.5 14M11.5 2 10 14M2.5 5.5h11.5M2 10.5h11.5",
  lock: "M4 7h8v6.5H4zM5.5 7V5a2.5 2.5 0 0 1 5 0v2",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  send: "M2.5 2.5 14 8 2.5 13.5 4 8.7 9 8 4 7.3z",
  reply: "M2.5 3.5h11v7.5H8L4.5 14v-3h-2z",
  eye: "M1.5 8S4 3.7 8 3.7 14.5 8 14.5 8 12 12.3 8 12.3 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z",
  menu: "M2 4h12M2 8h12M2 12h12",
  back: "M10 3 5 8l5 5",
  down: "M3.5 6 8 10.5 12.5 6",
  right: "M6 3.5 10.5 8 6 12.5",
  open: "M6.5 3.5h-3v9h9v-3M9 3h4v4M13 3 7.5 8.5",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  home: "M2.5 7.5 8 3l5.5 4.5v6h-4v-3.5h-3v3.5h-4z",
  file: "M4 1.5h5l3.5 3.5v9.5H4zM9 1.5v3.5h3.5",
  people: "M6 7.5a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6zM1.5 13.5c0-3 2-4.3 4.5-4.3s4.5 1.3 4.5 4.3M10.5 3.3a2.2 2.2 0 0 1 0 4M12 9.6c1.6.5 2.5 1.8 2.5 3.9",
  phone: "M4.5 1.5h7v13h-7zM7.2 12.5h1.6",
  warn: "M8 2 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.1",
  pin: "M9.5 2 14 6.5l-1.5.5-2 2.5-.5 2.5-5.5-5.5 2.5-.5 2.5-2zM6.5 9.5 2.5 13.5",
  check: "M3 8.5 6.5 12 13 4.5",
};

export function icon(name, label) {
  const props = { viewBox: "0 0 16 16", class: `icon icon-${name}`, role: label ? "img" : undefined };
  return el("svg:svg", { ...props, "aria-label": label, "aria-hidden": label ? undefined : "true" }, el("svg:path", { d: ICONS[name] }));
}

export function initials(name) {
  return name.split(/\s+/).map((part) => part[0] ?? "").slice(0, 2).join("").toUpperCase();
}

export function avatar(person, size = 36) {
  const props = { class: "avatar", style: { width: `${size}px`, height: `${size}px`, "font-size": `${Math.round(size * 0.42)}px` } };
  if (person?.is_bot) return el("img", { ...props, src: "/static/icon.svg", alt: "", width: size, height: size });
  const shown = el("span", { ...props, "aria-hidden": "true" }, initials(person?.real_name || person?.name || "?"));
  shown.style.background = /^#[0-9a-f]{3,8}$/i.test(person?.color ?? "") ? person.color : colourOf(person?.id ?? "");
  return shown;
}

const COLOURS = ["#c2410c", "#1d4ed8", "#047857", "#7c3aed", "#be185d", "#57534e", "#0e7490", "#a16207"];

function colourOf(id) {
  return COLOURS[[...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 997, 7) % COLOURS.length];
}
