// Turns :shortcodes: and emoji characters into signs; the character itself stays in the text for copying and for screen readers.

import { el } from "./dom.js";
import { drawing } from "./emoji_art.js";

const CODES = {
  white_check_mark: "✅", ballot_box_with_check: "☑️", heavy_check_mark: "✔️", x: "❌", warning: "⚠️", red_circle: "🔴", large_green_circle: "🟢",
  green_circle: "🟢", large_yellow_circle: "🟡", yellow_circle: "🟡", large_orange_circle: "🟠", orange_circle: "🟠", large_blue_circle: "🔵", blue_circle: "🔵",
  white_circle: "⚪", black_circle: "⚫", large_purple_circle: "🟣", hourglass_flowing_sand: "⏳", hourglass: "⌛", question: "❓", grey_question: "❔",
  exclamation: "❗", no_entry: "⛔", no_entry_sign: "🚫", octagonal_sign: "🛑", stop_sign: "🛑", black_square_for_stop: "⏹️", stop_button: "⏹️",
  arrow_forward: "▶️", double_vertical_bar: "⏸️", information_source: "ℹ️", lock: "🔒", unlock: "🔓", rotating_light: "🚨", arrows_counterclockwise: "🔄",
  eyes: "👀", "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", fire: "🔥", tada: "🎉", bell: "🔔", floppy_disk: "💾", wrench: "🔧",
  rocket: "🚀", leftwards_arrow_with_hook: "↩️", rewind: "⏪", pushpin: "📌", stopwatch: "⏱️", page_facing_up: "📄", package: "📦", bulb: "💡",
  wave: "👋", pray: "🙏", clap: "👏", raised_hands: "🙌", ok_hand: "👌", muscle: "💪", thinking_face: "🤔", smile: "😄", slightly_smiling_face: "🙂",
  sweat_smile: "😅", joy: "😂", grimacing: "😬", sob: "😭", cry: "😢", heart: "❤️", sparkles: "✨", star: "⭐", zap: "⚡", boom: "💥", skull: "💀",
  ghost: "👻", robot_face: "🤖", construction: "🚧", hammer_and_wrench: "🛠️", gear: "⚙️", mag: "🔍", link: "🔗", memo: "📝", clipboard: "📋",
  calendar: "📅", clock3: "🕒", chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", credit_card: "💳", moneybag: "💰", key: "🔑",
  shield: "🛡️", closed_lock_with_key: "🔐", thread: "🧵", speech_balloon: "💬", mega: "📣", ice_cube: "🧊", snowflake: "❄️", coffee: "☕",
  arrow_right: "➡️", arrow_left: "⬅️", arrow_up: "⬆️", arrow_down: "⬇️", new: "🆕", ok: "🆗", sos: "🆘", "100": "💯", bug: "🐛", ship: "🚢",
};

const NAMES = new Map(Object.entries(CODES).map(([name, sign]) => [sign.replace(/\uFE0F/g, ""), name]));
const PARTS = /(:[a-z0-9_+-]+:(?::skin-tone-\d:)?)|(\p{Extended_Pictographic}\uFE0F?)/gu;

export function sign(name) {
  return CODES[name] ?? null;
}

/** Text as nodes: words stay words, known shortcodes and signs become emoji. */
export function withEmoji(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(PARTS)) {
    const shown = match[1] ? sign(match[1].split(":")[1]) : match[2];
    if (!shown || isPlain(shown)) continue;
    nodes.push(text.slice(from, match.index), emoji(shown));
    from = match.index + match[0].length;
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== "");
}

// These count as pictographs in Unicode but are letters in people's eyes.
function isPlain(shown) {
  return /^[©®™]$/.test(shown) || (/^[\u2190-\u21ff\u25a0-\u25ff\u2b00-\u2bff]$/.test(shown) && !drawing(shown));
}

export function emoji(shown) {
  const name = NAMES.get(shown.replace(/\uFE0F/g, ""));
  const art = drawing(shown);
  const props = { class: art ? "emoji drawn" : "emoji", title: name ? `:${name}:` : undefined };
  return el("span", art ? { ...props, style: { "background-image": art } } : props, shown);
}
