// rich_text blocks: sections, lists, quotes and preformatted text with their inline elements.

import { el, link } from "./dom.js";
import { emoji, sign, withEmoji } from "./emoji.js";
import { channelMention, dateNode, mention } from "./mrkdwn.js";

const STYLES = [["bold", "strong"], ["italic", "em"], ["strike", "s"], ["underline", "u"], ["code", "code"]];

export function richText(block, ctx) {
  return el("div", { class: "rich-text" }, (block?.elements ?? []).map((part) => richPart(part, ctx)));
}

function richPart(part, ctx) {
  switch (part.type) {
    case "rich_text_section":
      return el("div", { class: "rich-section" }, inlines(part.elements, ctx));
    case "rich_text_list":
      return richList(part, ctx);
    case "rich_text_quote":
      return el("blockquote", {}, el("div", { class: "rich-section" }, inlines(part.elements, ctx)));
    case "rich_text_preformatted":
      return el("pre", { class: "pre", tabindex: "0" }, (part.elements ?? []).map((leaf) => (leaf.type === "link" ? link(leaf.url, leaf.text || leaf.url) : leaf.text)));
    default:
      return el("span", { class: "unsupported" }, `unsupported rich text: ${part.type}`);
  }
}

function richList(part, ctx) {
  const props = { class: `rich-list indent-${Math.min(part.indent ?? 0, 6)}`, start: part.offset ? String(part.offset + 1) : undefined };
  return el(part.style === "ordered" ? "ol" : "ul", props, (part.elements ?? []).map((item) => el("li", {}, inlines(item.elements, ctx))));
}

function inlines(elements, ctx) {
  return (elements ?? []).map((leaf) => styled(inlineLeaf(leaf, ctx), leaf.style));
}

function styled(nodes, style) {
  return STYLES.filter(([name]) => style?.[name]).reduce((inner, [, tag]) => [el(tag, {}, inner)], [nodes].flat());
}

function inlineLeaf(leaf, ctx) {
  switch (leaf.type) {
    case "text":
      return withEmoji(leaf.text).flatMap((node) => (typeof node === "string" ? breaks(node) : [node]));
    case "link":
      return link(leaf.url, withEmoji(leaf.text || leaf.url));
    case "user":
      return mention(leaf.user_id, "", ctx);
    case "channel":
      return channelMention(leaf.channel_id, "", ctx);
    case "usergroup":
      return el("span", { class: "mention" }, `@${leaf.usergroup_id}`);
    case "broadcast":
      return el("span", { class: "mention broadcast" }, `@${leaf.range}`);
    case "emoji":
      return emojiLeaf(leaf);
    case "date":
      return dateNode(leaf.timestamp, leaf.format, leaf.fallback, leaf.url);
    case "color":
      return el("span", { class: "colour" }, el("span", { class: "swatch", style: { background: leaf.value } }), leaf.value);
    default:
      return el("span", { class: "unsupported" }, leaf.type);
  }
}

function emojiLeaf(leaf) {
  const shown = sign(leaf.name) ?? fromCode(leaf.unicode);
  return shown ? emoji(shown) : `:${leaf.name}:`;
}

function fromCode(unicode) {
  return /^[0-9a-f-]+$/i.test(unicode ?? "") ? String.fromCodePoint(...unicode.split("-").map((hex) => parseInt(hex, 16))) : null;
}

function breaks(text) {
  return text.split("\n").flatMap((line, at) => (at ? [el("br"), line] : [line]));
}
