// table and data_table blocks; the second can be sorted and paged.

import { el, icon } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { richText } from "./rich_text.js";

export function table(block, ctx) {
  const settings = block.column_settings ?? [];
  const cells = (row, tag) => row.map((cell, at) => el(tag, { class: look(settings[at], cell), scope: tag === "th" ? "col" : undefined }, cellNodes(cell, ctx)));
  const [head, ...rows] = block.rows ?? [];
  return scroll(el("table", { class: "table" }, el("thead", {}, el("tr", {}, cells(head ?? [], "th"))), el("tbody", {}, rows.map((row) => el("tr", {}, cells(row, "td"))))));
}

function scroll(inner) {
  return el("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-label": "Table" }, inner);
}

function look(setting, cell) {
  const align = setting?.align ?? (cell?.type === "raw_number" ? "right" : "left");
  return `align-${align}${setting?.is_wrapped === false ? " nowrap" : ""}`;
}

function cellNodes(cell, ctx) {
  return cell?.type === "rich_text" ? richText(cell, ctx) : withEmoji(String(cell?.text ?? cell?.value ?? ""));
}

/** The first row is the head; page and order are remembered while the page is open. */
export function dataTable(block, ctx, key) {
  const [head = [], ...rows] = block.rows ?? [];
  const size = Math.min(Math.max(block.page_size ?? 5, 1), 100);
  const state = ctx.recall(key) ?? { page: 0, column: -1, down: false };
  const node = el("div", { class: "data-table" });
  draw();
  return node;

  function draw() {
    ctx.remember(key, state);
    const ordered = state.column < 0 ? rows : [...rows].sort((one, other) => compare(one[state.column], other[state.column]) * (state.down ? -1 : 1));
    const pages = Math.max(1, Math.ceil(rows.length / size));
    state.page = Math.min(state.page, pages - 1);
    const shown = ordered.slice(state.page * size, (state.page + 1) * size);
    const grid = el("table", { class: "table" }, block.caption && el("caption", {}, withEmoji(block.caption)), el("thead", {}, el("tr", {}, head.map(headCell))), el("tbody", {}, shown.map(bodyRow)));
    node.replaceChildren(scroll(grid), ...(pages > 1 ? [pager(pages)] : []));
  }

  function headCell(cell, at) {
    const sorted = state.column === at ? (state.down ? "descending" : "ascending") : "none";
    const click = () => {
      Object.assign(state, state.column === at && state.down ? { column: -1, down: false } : { column: at, down: state.column === at });
      draw();
    };
    return el("th", { scope: "col", "aria-sort": sorted, class: look(null, rows[0]?.[at]) }, el("button", { type: "button", class: "sort", on: { click } }, cellNodes(cell, ctx), sorted !== "none" && icon("down")));
  }

  function bodyRow(row) {
    return el("tr", {}, row.map((cell, at) => el(at === block.row_header_column_index ? "th" : "td", { class: look(null, cell), scope: at === block.row_header_column_index ? "row" : undefined }, cellNodes(cell, ctx))));
  }

  function pager(pages) {
    const turn = (by) => () => {
      state.page += by;
      draw();
    };
    return el(
      "div",
      { class: "pager" },
      el("span", {}, `${state.page * size + 1}–${Math.min(rows.length, (state.page + 1) * size)} of ${rows.length}`),
      el("button", { class: "btn square", type: "button", "aria-label": "Previous page", disabled: state.page === 0, on: { click: turn(-1) } }, icon("back")),
      el("button", { class: "btn square", type: "button", "aria-label": "Next page", disabled: state.page === pages - 1, on: { click: turn(1) } }, icon("right")),
    );
  }
}

function sortValue(cell) {
  return cell?.type === "raw_number" ? cell.value : plainText(cell);
}

function plainText(cell) {
  if (!cell) return "";
  return cell.text ?? (cell.elements ?? []).map(plainText).join("");
}

function compare(one, other) {
  const [left, right] = [sortValue(one), sortValue(other)];
  if (typeof left === "number" && typeof right === "number") return left - right;
  return String(left).localeCompare(String(right), undefined, { numeric: true });
}
