// Drawings for the signs an operations bot uses most, so that they look the same on a machine without an emoji font.

const disc = (fill, edge) => `<circle cx="10" cy="10" r="8.3" fill="${fill}" stroke="${edge}" stroke-width="1"/>`;
const tile = (fill) => `<rect x="1.5" y="1.5" width="17" height="17" rx="3.6" fill="${fill}"/>`;
const line = (d, colour = "#fff", width = 2.4) =>
  `<path d="${d}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;
const shape = (d, fill) => `<path d="${d}" fill="${fill}"/>`;

const sand = (top, bottom) =>
  shape("M4 2h12v2c0 4-4 4.5-4 6s4 2 4 6v2H4v-2c0-4 4-4.5 4-6S4 8 4 4z", "#cfe6f2") +
  shape(top, "#e8a33d") + shape(bottom, "#e8a33d") + shape("M3 1.5h14v2H3zM3 16.5h14v2H3z", "#8a5a2b");
const padlock = (shackle) => line(shackle, "#8d99a6", 2.2) + `<rect x="3.5" y="8.5" width="13" height="9.5" rx="2" fill="#f0b429"/>` +
  shape("M10 11.3a1.5 1.5 0 0 1 .8 2.8l.4 1.9H8.8l.4-1.9a1.5 1.5 0 0 1 .8-2.8z", "#7a5200");
const hand = (flip) => `<g${flip ? ' transform="matrix(1 0 0 -1 0 20)"' : ""}>` + shape("M2 9h3.6v8.5H2z", "#3b82c4") +
  shape("M6.3 9.2 9.8 2c2 0 2.5 1.4 2.2 3.3L11.5 8H16c1.7 0 2.3 1.1 2 2.5l-1.2 5.3c-.3 1.2-1.1 1.7-2.2 1.7H8.5l-2.2-1z", "#f6c445") + "</g>";

const ART = {
  "✅": tile("#2f9e5b") + line("M5.5 10.5 9 14l6-8"),
  "☑️": tile("#3b82c4") + line("M5.5 10.5 9 14l6-8"),
  "✔️": line("M3.5 10.5 8 15.5l8.5-11", "#2f9e5b", 3),
  "❌": line("M4 4l12 12M16 4 4 16", "#d92f3c", 3.6),
  "⚠️": `<path d="M10 2.2 18.6 17.3H1.4z" fill="#f6c02d" stroke="#f6c02d" stroke-width="1.6" stroke-linejoin="round"/>` +
    line("M10 7.5v4.8", "#3a2c00", 2) + `<circle cx="10" cy="15.2" r="1.25" fill="#3a2c00"/>`,
  "🔴": disc("#dd2e44", "#b81f33"), "🟢": disc("#3aa55d", "#2b8748"), "🟡": disc("#f7cb3d", "#d9a91c"), "🟠": disc("#f4900c", "#cf7604"),
  "🔵": disc("#3b88d8", "#2a6bb0"), "⚪": disc("#e6eaee", "#b4bec8"), "⚫": disc("#2f3336", "#111"), "🟣": disc("#9b6bd3", "#7c4fb3"),
  "⏳": sand("M6 5.5h8c-.5 2-2.5 2.7-4 4-1.5-1.3-3.5-2-4-4z", "M10 12c2 1.5 4 1.8 4.5 4.5h-9C6 13.8 8 13.5 10 12z"),
  "⌛": sand("M9.5 8.5h1L10 9.5z", "M10 11c2.5 1.5 4.5 2 5 5.5H5c.5-3.5 2.5-4 5-5.5z"),
  "❓": line("M6.3 6.5C6.3 4 8 2.8 10 2.8s3.8 1.3 3.8 3.5c0 2.9-3.8 3-3.8 6", "#d92f3c", 2.8) + `<circle cx="10" cy="16.7" r="1.7" fill="#d92f3c"/>`,
  "❔": line("M6.3 6.5C6.3 4 8 2.8 10 2.8s3.8 1.3 3.8 3.5c0 2.9-3.8 3-3.8 6", "#9aa5b1", 2.8) + `<circle cx="10" cy="16.7" r="1.7" fill="#9aa5b1"/>`,
  "❗": line("M10 3v9", "#d92f3c", 3.2) + `<circle cx="10" cy="16.7" r="1.8" fill="#d92f3c"/>`,
  "⛔": disc("#dd2e44", "#b81f33") + shape("M4.5 8.3h11v3.4h-11z", "#fff"),
  "🚫": `<circle cx="10" cy="10" r="7.3" fill="none" stroke="#dd2e44" stroke-width="2.8"/>` + line("M5 5l10 10", "#dd2e44", 2.8),
  "🛑": shape("M6.2 1.5h7.6l4.7 4.7v7.6l-4.7 4.7H6.2l-4.7-4.7V6.2z", "#dd2e44") + shape("M5 8.3h10v3.4H5z", "#fff"),
  "⏹️": tile("#5b8fb9") + shape("M6 6h8v8H6z", "#fff"), "▶️": tile("#5b8fb9") + shape("M7 5.2 14.8 10 7 14.8z", "#fff"),
  "⏸️": tile("#5b8fb9") + shape("M6 5.5h2.8v9H6zM11.2 5.5H14v9h-2.8z", "#fff"),
  "ℹ️": tile("#3b88d8") + `<circle cx="10" cy="6" r="1.4" fill="#fff"/>` + line("M10 9.5v5.5", "#fff", 2.4),
  "🔒": padlock("M6 8.5V6a4 4 0 0 1 8 0v2.5"), "🔓": padlock("M6 8.5V5.5a4 4 0 0 1 7.8-1.3"),
  "🚨": shape("M5 14V9.5a5 5 0 0 1 10 0V14z", "#dd2e44") + shape("M3.5 14h13v3.5h-13z", "#68747f") +
    line("M10 1v1.5M3.5 3.5l1.2 1.2M16.5 3.5l-1.2 1.2M1.3 9h1.5M17.2 9h1.5", "#f4900c", 1.5) + shape("M7.5 12V9.5A2.5 2.5 0 0 1 9.5 7v5z", "#ff9aa5"),
  "🔄": tile("#3b88d8") + line("M5.5 9.5a4.5 4.5 0 0 1 8-2.3M14.5 10.5a4.5 4.5 0 0 1-8 2.3", "#fff", 1.9) + shape("M14.9 4.5v3.7h-3.7zM5.1 15.5v-3.7h3.7z", "#fff"),
  "👀": ["5.5", "14.5"].map((x) => `<ellipse cx="${x}" cy="10" rx="4" ry="5.5" fill="#fff" stroke="#56616b"/><circle cx="${x}" cy="11" r="2" fill="#1d1c1d"/>`).join(""),
  "👍": hand(false), "👎": hand(true),
  "🔥": shape("M10.5 1c.5 4 5.5 5.5 5.5 11a6 6 0 0 1-12 .3C4 9.5 5.5 8.5 6 6c1.2.8 1.8 1.7 2 3 1.8-1.8 2.8-4.5 2.5-8z", "#f4900c") +
    shape("M10.2 9.5c.5 2 2.6 2.7 2.6 5a2.9 2.9 0 0 1-5.8 0c0-2 2.6-2.4 3.2-5z", "#ffe08a"),
  "🎉": shape("M2 18 6.5 6l7.5 7.5z", "#f6c445") + line("M10 6c1.5-1.5.5-3 1.5-4.3M14 10c1.5-1.5 3-.5 4.3-1.5", "#dd2e44", 1.6) +
    `<circle cx="15" cy="4.5" r="1.3" fill="#3b88d8"/><circle cx="7" cy="2.8" r="1.1" fill="#3aa55d"/><circle cx="17" cy="13" r="1.1" fill="#9b6bd3"/>`,
  "🔔": shape("M10 2a5.3 5.3 0 0 1 5.3 5.3c0 4 1 5 2.2 6.5v1h-15v-1C3.7 12.3 4.7 11.3 4.7 7.3A5.3 5.3 0 0 1 10 2z", "#f6c445") + shape("M7.8 15.8h4.4a2.2 2.2 0 0 1-4.4 0z", "#b98310"),
  "💾": tile("#42576b") + shape("M5.5 2h8v5h-8z", "#cfd8df") + shape("M4.5 10h11v8h-11z", "#eef2f5") + shape("M10.5 3h2v3h-2z", "#42576b"),
  "🔧": line("M5 15.5 12 8.5", "#8d99a6", 3.2) + shape("M11 9a4.5 4.5 0 0 1 5.7-6.5l-2.6 2.6.4 1.4 1.4.4L18.4 4A4.5 4.5 0 0 1 12.3 10z", "#8d99a6"),
  "🚀": shape("M17.5 2.5C12 2 8 5 6 9l5 5c4-2 7-6 6.5-11.5z", "#dfe5ea") + shape("M6 9 2.5 9.5 5.5 6 8 6.2zM11 14l-.5 3.5L14 14.5l-.2-2.5z", "#dd2e44") +
    `<circle cx="12.6" cy="7.4" r="1.7" fill="#3b88d8"/>` + shape("M5.5 12 2 18l6-3.5z", "#f4900c"),
  "↩️": tile("#3b88d8") + line("M9 6 5.5 9.5 9 13M6 9.5h5.5a3 3 0 0 1 3 3v1.5", "#fff", 2),
  "⏪": tile("#3b88d8") + shape("M10 5.5v9L4 10zM16 5.5v9L10 10z", "#fff"),
  "📌": shape("M11.5 2 18 8.5l-1.5.8-2.5-.3-3.5 3.5.2 3.5-1.2 1L4 11.5l1-1.2 3.5.2L12 7l-.3-2.5z", "#dd2e44") + line("M6.5 13.5 2.5 17.5", "#8d99a6", 1.6),
  "⏱️": `<circle cx="10" cy="11.5" r="6.8" fill="#f2f5f7" stroke="#68747f" stroke-width="1.8"/>` + line("M10 11.5V7.5M8 1.8h4M10 2v2", "#dd2e44", 1.8),
  "📄": shape("M4 1.5h8l4 4v13H4z", "#eef2f5") + line("M6.5 8.5h7M6.5 11.5h7M6.5 14.5h4.5", "#8d99a6", 1.3) + shape("M12 1.5v4h4z", "#c3ccd4"),
  "📦": shape("M2 6l8-4 8 4v9l-8 4-8-4z", "#c98f4e") + shape("M2 6l8 4 8-4-8-4z", "#e3b27a") + shape("M9.3 10.3h1.4V19h-1.4z", "#9a6730"),
  "💡": shape("M10 1.5A5.8 5.8 0 0 1 13.3 12c-.6.5-.8 1.2-.8 2h-5c0-.8-.2-1.5-.8-2A5.8 5.8 0 0 1 10 1.5z", "#f9d34c") + shape("M7.5 15h5v1.3h-5zM8.2 17h3.6v1.5H8.2z", "#8d99a6"),
};

const BARE = new Map(Object.keys(ART).map((sign) => [sign.replace(/\uFE0F/g, ""), sign]));
const drawn = new Map();

/** A data URL for the sign, or null where the machine's own font has to do. */
export function drawing(sign) {
  const key = BARE.get(sign.replace(/\uFE0F/g, ""));
  if (!key) return null;
  if (!drawn.has(key)) drawn.set(key, dataUrl(ART[key]));
  return drawn.get(key);
}

function dataUrl(art) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">${art}</svg>`;
  return `url("data:image/svg+xml,${encodeURIComponent(svg)}")`;
}
