/* Figures as SVG, each with its data as a table: intervals of groups, speakers as dots, histograms, a waveform. */
(function (root) {
  "use strict";
  const { el, svg, plain, words, exporting } = root.Speechfair;
  const LABEL = 30; // letters of a name in a figure

  const short = (text) => (plain(text).length > LABEL ? plain(text).slice(0, LABEL - 1) + "…" : plain(text));

  /** Round steps that span [low, high]. */
  function ticks(low, high, about) {
    const raw = (high - low) / Math.max(1, about);
    const power = 10 ** Math.floor(Math.log10(raw || 1));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw) || raw;
    const found = [];
    for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-9; at += step)
      found.push(Number(at.toPrecision(12)));
    return found;
  }

  /** A figure with its caption and what can be done with it. data: {header, rows}. */
  function figure(name, caption, drawing, data, note) {
    const { say } = words;
    const button = (text, action) => el("button", { type: "button", onclick: action }, text);
    return el(
      "figure",
      {},
      el("figcaption", {}, el("b", {}, caption), note ? el("span", {}, note) : null),
      el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption }, drawing),
      el(
        "div",
        { class: "tools" },
        button("SVG", () => exporting.saveSvg(drawing, name)),
        button("PNG", () => exporting.savePng(drawing, name)),
        button(say("figure.data"), () => exporting.saveCsv(name, data.header, data.rows)),
      ),
    );
  }

  const narrow = () => window.innerWidth < 560;
  const NARROW = 24; // letters of a name beside its figures on a narrow screen; a wide letter is two

  function fitting(text) {
    let room = NARROW;
    const letters = [...plain(text)];
    const most = letters.findIndex((letter) => (room -= letter > "\u2e7f" ? 2 : 1) < 0);
    return most < 0 ? letters.join("") : letters.slice(0, most - 1).join("") + "…";
  }

  /**
   * Intervals on one scale, a line each; on a narrow screen the name and the figures stand above their line.
   * lines: [{label, value, low, high, kind, text, margin}]; unit: how a number is worded; marks: [{at, label, class}].
   */
  function intervals(lines, unit, options) {
    const width = narrow() ? 340 : 760,
      left = narrow() ? 12 : 240,
      right = narrow() ? 14 : 150,
      row = narrow() ? 44 : 26,
      top = 8;
    const height = top + row * lines.length + 34;
    const marks = options.marks || [];
    const log = options.log;
    const at = [...lines.flatMap((l) => [l.value, l.low, l.high, l.margin]), ...marks.map((m) => m.at)].filter(
      (v) => v !== null && v !== undefined && (!log || v > 0),
    );
    let low = Math.min(...at),
      high = Math.max(...at);
    if (options.zero) low = Math.min(0, low);
    const middle = lines.map((l) => l.value).filter((v) => v !== null && v !== undefined);
    const kept = [...marks.map((m) => m.at), ...lines.map((l) => l.margin ?? -Infinity)];
    if (middle.length) high = Math.min(high, Math.max(...middle, ...kept) * 3 || high);
    if (!(high > low)) high = low + (Math.abs(low) || 1);
    const f = log ? Math.log : (v) => v;
    const x = (v) =>
      left + ((width - left - right) * (f(Math.min(Math.max(v, low), high)) - f(low))) / (f(high) - f(low));
    const drawing = svg("svg", {
      class: "chart",
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": options.label,
    });
    const steps = log ? logTicks(low, high) : ticks(low, high, narrow() ? 3 : 6);
    for (const step of steps) {
      drawing.append(
        svg("line", { class: "grid", x1: x(step), x2: x(step), y1: top, y2: height - 26 }),
        svg(
          "text",
          { class: "tick", x: x(step), y: height - 8, "text-anchor": "middle" },
          words.worded(step, unit),
        ),
      );
    }
    for (const mark of marks) {
      if (mark.at < low || mark.at > high) continue;
      drawing.append(
        svg(
          "line",
          { class: mark.class, x1: x(mark.at), x2: x(mark.at), y1: top, y2: height - 26 },
          svg("title", {}, mark.label),
        ),
      );
    }
    lines.forEach((line, i) => {
      const y = top + row * (i + (narrow() ? 0.75 : 0.5)),
        above = narrow() ? y - 16 : y + 4;
      const name = "\u2068" + (narrow() ? fitting(line.label) : short(line.label)) + "\u2069";
      const side = narrow() ? { x: left, "text-anchor": "start" } : { x: left - 10, "text-anchor": "end" };
      drawing.append(
        svg(
          "text",
          { class: "label", y: above, direction: "ltr", ...side },
          name,
          svg("title", {}, plain(line.label)),
        ),
      );
      for (const dot of line.dots || []) {
        drawing.append(
          svg(
            "circle",
            { class: "speaker", cx: x(dot.value), cy: y + ((dot.jitter || 0) - 0.5) * 12, r: 2.6 },
            svg("title", {}, dot.title),
          ),
        );
      }
      if (line.low !== null && line.low !== undefined) {
        drawing.append(
          svg("line", {
            class: "interval " + (line.kind || ""),
            x1: x(line.low),
            x2: x(line.high === null ? high : line.high),
            y1: y,
            y2: y,
          }),
        );
        if (line.high === null || line.high > high) {
          // the interval goes on beyond the scale
          const edge = x(high);
          const d = `M${edge - 2},${y - 6}L${edge + 7},${y}L${edge - 2},${y + 6}Z`;
          drawing.append(svg("path", { class: "beyond " + (line.kind || ""), d }));
        }
      }
      if (line.value !== null && line.value !== undefined) {
        drawing.append(svg("circle", { class: "dot " + (line.kind || ""), cx: x(line.value), cy: y, r: 5 }));
      }
      if (line.margin !== null && line.margin !== undefined)
        drawing.append(
          svg("line", { class: "margin", x1: x(line.margin), x2: x(line.margin), y1: y - 10, y2: y + 10 }),
        );
      const end = narrow()
        ? { x: width - right, "text-anchor": "end" }
        : { x: width - right + 14, "text-anchor": "start" };
      drawing.append(svg("text", { class: "value", y: above, ...end }, line.text || words.NOTHING));
    });
    return drawing;
  }

  function logTicks(low, high) {
    const all = [0.1, 0.2, 0.25, 0.5, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 8, 10, 20, 50, 100];
    const inside = all.filter((v) => v >= low && v <= high);
    return inside.length > 6 ? inside.filter((v) => [0.1, 0.25, 0.5, 1, 2, 4, 10, 50].includes(v)) : inside;
  }

  /** Two histograms on one scale, each as a share of its own utterances: bars for the group, a line for all. */
  function histogram(data, unit, label) {
    const width = narrow() ? 340 : 360,
      height = 170,
      left = 12,
      bottom = 26,
      top = 8;
    const share = (counts) => {
      const n = counts.reduce((a, b) => a + b, 0) || 1;
      return counts.map((c) => c / n);
    };
    const group = share(data.group),
      every = share(data.all);
    const most = Math.max(...group, ...every) || 1;
    const edges = data.edges;
    const x = (v) => left + ((width - 2 * left) * (v - edges[0])) / (edges[edges.length - 1] - edges[0]);
    const y = (v) => height - bottom - ((height - bottom - top) * v) / most;
    const drawing = svg("svg", {
      class: "chart small",
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": label,
    });
    group.forEach((v, i) =>
      drawing.append(
        svg("rect", {
          class: "bar",
          x: x(edges[i]) + 0.5,
          width: Math.max(0.5, x(edges[i + 1]) - x(edges[i]) - 1),
          y: y(v),
          height: Math.max(0, y(0) - y(v)),
        }),
      ),
    );
    const path = every
      .map(
        (v, i) =>
          `${i ? "L" : "M"}${x(edges[i]).toFixed(1)},${y(v).toFixed(1)}L${x(edges[i + 1]).toFixed(1)},${y(v).toFixed(1)}`,
      )
      .join("");
    drawing.append(
      svg("path", { class: "outline", d: path, fill: "none" }),
      svg("line", { class: "axis", x1: left, x2: width - left, y1: y(0), y2: y(0) }),
    );
    const steps = ticks(edges[0], edges[edges.length - 1], 4);
    steps.forEach((step) =>
      drawing.append(
        svg(
          "text",
          { class: "tick", x: x(step), y: height - 8, "text-anchor": "middle" },
          words.worded(step, unit),
        ),
      ),
    );
    return drawing;
  }

  /** Peaks in [0, 1] as a symmetric shape. */
  function waveform(peaks, label) {
    const width = 800,
      height = 90,
      middle = height / 2;
    const most = Math.max(...peaks, 1e-6);
    const step = width / Math.max(1, peaks.length);
    const d = peaks
      .map((p, i) => {
        const h = Math.max(0.5, (p / most) * (middle - 4));
        const at = (i * step).toFixed(1);
        return `M${at},${(middle - h).toFixed(1)}L${at},${(middle + h).toFixed(1)}`;
      })
      .join("");
    return svg(
      "svg",
      { class: "chart wave", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
      svg("path", { d, class: "wave", "stroke-width": Math.max(0.8, step * 0.6) }),
      svg("line", { class: "playhead", x1: 0, x2: 0, y1: 0, y2: height }),
    );
  }

  root.Speechfair = Object.assign(root.Speechfair, { figure, figures: { intervals, histogram, waveform } });
})(window);
