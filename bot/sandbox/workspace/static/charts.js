// data_visualization blocks as small SVG drawings, each with its numbers in words for screen readers.

import { el } from "./dom.js";

const COLOURS = ["var(--chart-1)", "var(--chart-2)", "var(--chart-3)", "var(--chart-4)", "var(--chart-5)", "var(--chart-6)"];
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [560, 230, 44, 12, 24, 26];

export function chart(block) {
  const spec = block.chart ?? {};
  const draw = { line: lines, area: lines, bar: bars, pie }[spec.type];
  const body = draw ? draw(spec) : el("span", { class: "unsupported" }, `unsupported chart: ${spec.type}`);
  return el("figure", { class: "chart" }, el("figcaption", {}, block.title), body, legend(spec));
}

function frame(spec, ...children) {
  return el("svg:svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": words(spec), class: "chart-svg" }, ...children);
}

function words(spec) {
  const row = (points) => (points ?? []).map((point) => `${point.label} ${point.value}`).join(", ");
  if (spec.type === "pie") return row(spec.segments);
  return (spec.series ?? []).map((series) => `${series.name}: ${row(series.data)}`).join("; ");
}

function legend(spec) {
  const names = spec.type === "pie" ? (spec.segments ?? []).map((each) => `${each.label} ${short(each.value)}`) : (spec.series ?? []).map((each) => each.name);
  if (spec.type !== "pie" && names.length < 2) return null;
  return el("div", { class: "legend" }, names.map((name, at) => el("span", {}, el("span", { class: "swatch", style: { background: COLOURS[at % 6] } }), name)));
}

function short(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return `${+(value / 1e6).toFixed(1)}M`;
  if (size >= 1e4) return `${+(value / 1e3).toFixed(1)}k`;
  return String(+Number(value).toFixed(2));
}

/** Categories along x and a rounded scale along y. */
function plane(spec) {
  const series = spec.series ?? [];
  const categories = spec.axis_config?.categories ?? (series[0]?.data ?? []).map((point) => point.label);
  const values = series.flatMap((each) => each.data.map((point) => point.value));
  const step = niceStep(Math.max(...values, 0) - Math.min(...values, 0));
  const [low, high] = [Math.floor(Math.min(...values, 0) / step) * step, Math.max(step, Math.ceil(Math.max(...values, 0) / step) * step)];
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low));
  const slot = (WIDTH - LEFT - RIGHT) / Math.max(1, categories.length);
  return { series, categories, low, high, step, y, slot, x: (at) => LEFT + slot * (at + 0.5), of: (each, label) => each.data.find((point) => point.label === label)?.value };
}

function niceStep(range) {
  const rough = (range || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
}

function grid(p, spec) {
  const ticks = Array.from({ length: Math.round((p.high - p.low) / p.step) + 1 }, (_, at) => p.low + at * p.step);
  const rows = ticks.map((value) => [
    el("svg:line", { x1: LEFT, x2: WIDTH - RIGHT, y1: p.y(value), y2: p.y(value), class: value === 0 ? "axis" : "grid" }),
    el("svg:text", { x: LEFT - 6, y: p.y(value) + 4, class: "tick end" }, short(value)),
  ]);
  const every = Math.ceil(p.categories.length / 8);
  const names = p.categories.map((name, at) => at % every === 0 && el("svg:text", { x: p.x(at), y: HEIGHT - 8, class: "tick middle" }, name));
  const unit = spec.axis_config?.y_label && el("svg:text", { x: 10, y: 12, class: "tick" }, spec.axis_config.y_label);
  return [rows, names, unit].flat(2).filter(Boolean);
}

function lines(spec) {
  const p = plane(spec);
  const drawn = p.series.flatMap((each, index) => {
    const points = p.categories.map((name, at) => [p.x(at), p.of(each, name)]).filter(([, value]) => value !== undefined).map(([x, value]) => [x, p.y(value)]);
    if (!points.length) return [];
    const path = points.map(([x, y], at) => `${at ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
    const under = `${path}L${points.at(-1)[0].toFixed(1)} ${p.y(Math.max(0, p.low))}L${points[0][0].toFixed(1)} ${p.y(Math.max(0, p.low))}z`;
    const style = { "--c": COLOURS[index % 6] };
    return [
      spec.type === "area" && el("svg:path", { d: under, class: "area", style }),
      el("svg:path", { d: path, class: "line", style }),
      points.length <= 24 && points.map(([x, y]) => el("svg:circle", { cx: x, cy: y, r: 2.6, class: "dot", style })),
    ].flat().filter(Boolean);
  });
  return frame(spec, grid(p, spec), drawn);
}

function bars(spec) {
  const p = plane(spec);
  const width = Math.min(34, (p.slot * 0.72) / Math.max(1, p.series.length));
  const drawn = p.series.flatMap((each, index) =>
    p.categories.map((name, at) => {
      const value = p.of(each, name) ?? 0;
      const x = p.x(at) + (index - p.series.length / 2) * width + 1;
      const [top, foot] = [p.y(Math.max(value, 0)), p.y(Math.min(value, 0))];
      return el("svg:rect", { x, y: top, width: Math.max(1, width - 2), height: Math.max(0.5, foot - top), rx: 2, class: "bar", style: { "--c": COLOURS[index % 6] } }, el("svg:title", {}, `${each.name}, ${name}: ${value}`));
    }),
  );
  return frame(spec, grid(p, spec), drawn);
}

function pie(spec) {
  const total = (spec.segments ?? []).reduce((sum, each) => sum + each.value, 0) || 1;
  let from = 0;
  const slices = (spec.segments ?? []).map((each, at) => {
    const share = each.value / total;
    const arc = el("svg:circle", { cx: WIDTH / 2, cy: HEIGHT / 2, r: 62, class: "slice", pathLength: 100, "stroke-dasharray": `${share * 100} ${100 - share * 100}`, "stroke-dashoffset": -from * 100, style: { "--c": COLOURS[at % 6] } }, el("svg:title", {}, `${each.label}: ${each.value}`));
    from += share;
    return arc;
  });
  return frame(spec, el("svg:g", { transform: `rotate(-90 ${WIDTH / 2} ${HEIGHT / 2})` }, slices), el("svg:text", { x: WIDTH / 2, y: HEIGHT / 2 + 6, class: "tick middle total" }, short(total)));
}
