/* The first two screens: all runs, and one run with every axis and group. */
(function (root) {
  "use strict";
  const { el, shown, cut, words, dataTable, figure, figures, source } = root.Speechfair;

  /** An axis in words: those that many corpora have in the language of the page, others as they are named. */
  const axisTitle = (axis) => axis.split("+").map((part) => (words.known("axis." + part) ? words.say("axis." + part) : root.Speechfair.plain(part).replace(/_/g, " "))).join(" + ");
  const OF_LANGUAGES = ["first_language", "native_language", "language", "l1"];

  /** A group in words: a language code of an axis of languages with the language's name. */
  function groupName(axis, value) {
    const axes = axis.split("+"), values = value.split("+");
    if (axes.length !== values.length) return value;
    return values.map((one, i) => {
      if (one === "unknown" || (["gender", "sex"].includes(axes[i]) && words.known("value." + one))) return words.say("value." + one);
      if (!OF_LANGUAGES.includes(axes[i]) || !/^[a-z]{3}$/.test(one)) return one;
      const name = new Intl.DisplayNames([words.language()], { type: "language" }).of(one);
      return name && name.toLowerCase() !== one ? `${name} (${one})` : one;
    }).join(" + ");
  }

  const rateTitle = (tokens) => words.say("rate." + (words.known("rate." + tokens) ? tokens : "other"));

  const rateName = (tokens) => words.say("ratename." + (words.known("ratename." + tokens) ? tokens : "other"));

  /** A number with its interval below; the reason where there is none. */
  function estimate(found, unit) {
    if (!found) return words.NOTHING;
    const text = words.worded(found.value, unit) + (unit === "ratio" && found.value !== null ? "×" : "");
    const limits = words.interval(found, unit);
    const reason = limits ? null : found.reason;
    return el("span", { class: "estimate" }, text, limits ? el("span", { class: "limits" }, " ", limits) : null,
      reason ? el("span", { class: "why", title: reason, lang: "en", tabindex: "0", role: "note", "aria-label": reason }, " ?") : null);
  }

  const verdictBadge = (verdict) => el("span", { class: "badge " + verdict }, words.say("verdict." + verdict));

  function counts(totals) {
    return words.say("totals", { n_in: words.count(totals.in), scored: words.count(totals.scored), failed: words.count(totals.failed), excluded: words.count(totals.excluded) });
  }

  /** Every kind of run in one line: model, rates, and per axis the worst group, the gap and the verdict. */
  async function runsScreen(view) {
    const { say } = words;
    const { runs } = await source.runs();
    const good = runs.filter((run) => !run.problem);
    view.title(say("runs.title"));
    view.add(el("h1", {}, say("runs.title")), el("p", { class: "lede" }, say("runs.lede", { n: runs.length })));
    for (const run of runs.filter((one) => one.problem)) {
      view.add(el("div", { class: "problem", role: "alert" }, el("p", {}, el("b", {}, shown(run.key)), " – ", say("runs.problem")), el("pre", { lang: "en" }, root.Speechfair.plain(run.problem).replace(/\\u000a/g, "\n"))));
    }
    if (!good.length) return;
    const rows = good.flatMap((run) => (run.axes.length ? run.axes : [null]).map((axis) => ({ run, axis })));
    view.add(dataTable([
      { title: say("run"), cell: ({ run }) => el("a", { href: view.link(["run", run.key]) }, shown(run.key)), value: ({ run }) => run.key },
      { title: say("model"), cell: ({ run }) => shown(run.model), value: ({ run }) => run.model },
      { title: say("corpus"), cell: ({ run }) => shown(run.corpus), value: ({ run }) => run.corpus },
      { title: say("rate.all"), numeric: true, cell: ({ run }) => estimate(run.overall.rate, "percent"), value: ({ run }) => run.overall.rate.value },
      { title: say("axis"), cell: ({ axis }) => (axis ? axisTitle(axis.axis) : words.NOTHING), value: ({ axis }) => axis && axis.axis },
      { title: say("group.worst"), cell: ({ run, axis }) => (axis && axis.worst ? worstCell(view, run, axis) : words.NOTHING), value: ({ axis }) => axis && axis.worst },
      { title: say("gap"), numeric: true, cell: ({ axis }) => estimate(axis && axis.gap, "percent"), value: ({ axis }) => (axis && axis.gap ? axis.gap.value : null) },
      { title: say("verdict"), cell: ({ axis }) => (axis ? verdictBadge(axis.verdict) : words.NOTHING), value: ({ axis }) => axis && words.say("verdict." + axis.verdict) },
    ], { name: "runs", caption: say("runs.caption"), rows }));
    view.add(el("p", { class: "muted" }, say("interval.note", { level: levelOf(good[0]) })));
    matrices(view, good);
    compareForm(view, good);
  }

  const levelOf = (run) => words.fixed(100 * run.level, 0) + " %";

  function worstCell(view, run, axis) {
    const worst = axis.groups.find((group) => group.value === axis.worst);
    return el("span", {}, el("a", { href: view.link(["run", run.key, "group"], { axis: axis.axis, value: axis.worst }) }, shown(groupName(axis.axis, axis.worst))), " ", words.percent(worst.rate.value), " %");
  }

  /** Models by groups: a table per axis that several runs have. */
  function matrices(view, runs) {
    const { say } = words;
    const axes = [...new Set(runs.flatMap((run) => run.axes.map((axis) => axis.axis)))];
    for (const axis of axes) {
      const having = runs.filter((run) => run.axes.some((one) => one.axis === axis));
      const of = (run, value) => run.axes.find((one) => one.axis === axis).groups.find((group) => group.value === value);
      const values = [...new Set(having.flatMap((run) => run.axes.find((one) => one.axis === axis).groups.map((group) => group.value)))];
      const columns = [{ title: axisTitle(axis), cell: (value) => shown(groupName(axis, value)), value: (value) => value },
        ...having.map((run) => ({ title: shown(run.key), head: run.key, numeric: true, value: (value) => { const g = of(run, value); return g ? g.rate.value : null; },
          cell: (value) => { const g = of(run, value); return g ? el("a", { href: view.link(["run", run.key, "group"], { axis, value }) }, estimate(g.rate, "percent")) : words.NOTHING; } }))];
      view.add(el("section", {}, el("h2", {}, say("by", { axis: axisTitle(axis) })), dataTable(columns, { name: "groups-" + axis, caption: say("matrix.caption", { axis: axisTitle(axis) }), hideCaption: true, rows: values })));
    }
  }

  function compareForm(view, runs) {
    const { say } = words;
    if (runs.length < 2) return;
    const choose = (id, chosen) => el("select", { id }, runs.map((run) => el("option", { value: run.key, selected: run.key === chosen }, root.Speechfair.plain(run.key))));
    const before = choose("before", runs[0].key), after = choose("after", runs[1].key);
    view.add(el("section", {}, el("h2", {}, say("compare.title")), el("p", { class: "lede" }, say("compare.lede")),
      el("form", { class: "controls", onsubmit: (event) => { event.preventDefault(); location.hash = view.link(["compare"], { before: before.value, after: after.value }); } },
        el("label", {}, say("before"), before), el("label", {}, say("after"), after), el("button", { class: "primary" }, say("compare.go")))));
  }

  /** One run: its findings, and every group of every axis with its figure. */
  async function runScreen(view, key) {
    const { say } = words;
    const run = await source.run(key);
    view.title(run.key);
    view.trail([[say("runs.title"), view.link([])], [run.key, null]]);
    view.add(el("p", { class: "eyebrow" }, shown(run.corpus)), el("h1", {}, shown(run.model)), run.statement ? el("p", { class: "statement", lang: "en" }, run.statement) : null);
    view.add(el("dl", { class: "tiles" },
      tile(rateTitle(run.tokens), estimate(run.overall.rate, "percent"), say("tile.rate", { speakers: words.count(run.overall.n_speakers), utterances: words.count(run.overall.n_utterances) })),
      tile(say("tile.rows"), words.count(run.totals.in), counts(run.totals)),
      tile(say("tile.normalizer"), shown(run.normalizer), say("tile.unit", { unit: say("unit." + run.tokens) }))));
    view.add(el("p", {}, el("a", { class: "button primary", href: view.link(["run", key, "utterances"]) }, say("utterances.all"))));
    for (const axis of run.axes) view.add(axisSection(view, run, axis));
    leftOut(view, run);
    if (run.notes.length) view.add(el("section", {}, el("h2", {}, say("notes")), say("recorded") ? el("p", { class: "muted" }, say("recorded")) : null, el("ul", { class: "notes", lang: "en" }, run.notes.map((note) => el("li", {}, cut(note, 600))))));
  }

  const tile = (title, value, small) => el("div", { class: "tile" }, el("dt", {}, title), el("dd", {}, value, el("small", {}, small)));

  function axisSection(view, run, axis) {
    const { say } = words;
    const title = say("by", { axis: axisTitle(axis.axis) });
    const rate = rateTitle(run.tokens);
    return el("section", {}, el("h2", {}, title), findingOf(run, axis), forest(axis, rate, title), groupTable(view, run, axis),
      el("p", { class: "muted" }, say("gap.line", { gap: words.percent(axis.gap && axis.gap.value), limits: words.interval(axis.gap, "percent") || "" }),
        axis.gap_expected === null ? null : " " + say("gap.chance", { gap: words.percent(axis.gap_expected), p: words.pValue(axis.gap_p_value) })),
      axis.notes.length ? el("ul", { class: "notes", lang: "en" }, axis.notes.map((note) => el("li", {}, cut(note, 600)))) : null);
  }

  /** What the axis shows. The long sentence is recorded in English; other languages get one made from the figures. */
  function findingOf(run, axis) {
    const { say } = words;
    let text = axis.finding;
    if (words.language() !== "en") {
      const judged = axis.groups.filter((g) => !g.is_reference && !g.value.split("+").includes("unknown") && ratioOf(g));
      const far = leading(judged);
      text = say("finding." + axis.verdict, { n: judged.length, reference: axis.reference === null ? words.NOTHING : groupName(axis.axis, axis.reference), group: far ? groupName(axis.axis, far.value) : words.NOTHING, ratio: far ? words.times(ratioOf(far).value) : words.NOTHING,
        limits: far ? words.interval(ratioOf(far), "ratio") || "" : "", rate: rateName(run.tokens) });
    }
    return el("div", { class: "finding " + axis.verdict }, el("p", {}, verdictBadge(axis.verdict)), el("p", { class: "say" }, cut(text, 600)), axis.more && words.language() === "en" ? el("p", { class: "muted" }, axis.more) : null);
  }

  /** The ratio whose interval holds together with those of the other groups; null where there is none. */
  function ratioOf(group) {
    const ratio = group.ratio_simultaneous || group.ratio;
    return ratio && ratio.value !== null && ratio.low !== null ? ratio : null;
  }

  /** The group that a finding names, as speechfair.auditing.findings chooses it. */
  function leading(judged) {
    const clear = judged.filter((g) => ratioOf(g).low > 1 || (ratioOf(g).high !== null && ratioOf(g).high < 1));
    const far = (g) => (ratioOf(g).value ? Math.abs(Math.log(ratioOf(g).value)) : Infinity);
    const before = (a, b) => (ratioOf(b).value > 1) - (ratioOf(a).value > 1) || far(b) - far(a);
    return (clear.length ? clear : judged).slice().sort(before)[0];
  }

  function forest(axis, rate, title) {
    const { say } = words;
    const groups = axis.groups.slice(0, 60);
    const drawing = figures.intervals(groups.map((g) => ({ label: groupName(g.axis, g.value), value: g.rate.value, low: g.rate.low, high: g.rate.high, kind: g.is_reference ? "reference" : "", text: words.percent(g.rate.value) + " % " + (words.interval(g.rate, "percent") || "") })),
      "percent", { zero: true, label: say("forest.label", { rate, title }) });
    return figure("rates-" + axis.axis, say("forest.caption", { rate }), drawing,
      { header: ["group", "rate", "low", "high", "speakers", "utterances"], rows: axis.groups.map((g) => [g.value, g.rate.value, g.rate.low, g.rate.high, g.n_speakers, g.n_utterances]) },
      axis.groups.length > groups.length ? say("forest.first", { n: groups.length, all: axis.groups.length }) : null);
  }

  function groupTable(view, run, axis) {
    const { say } = words;
    const adjusted = new Map(axis.adjusted.map((one) => [one.group, one.adjusted]));
    const number = (name) => ({ title: say("column." + name), numeric: true, cell: (g) => words.count(g[name]), value: (g) => g[name] });
    return dataTable([
      { title: axisTitle(axis.axis), cell: (g) => el("span", {}, el("a", { href: view.link(["run", run.key, "group"], { axis: axis.axis, value: g.value }) }, shown(groupName(g.axis, g.value))), g.is_reference ? " " + say("reference.mark") : ""), value: (g) => g.value },
      number("n_speakers"), number("n_utterances"),
      { title: rateTitle(run.tokens), numeric: true, cell: (g) => estimate(g.rate, "percent"), value: (g) => g.rate.value },
      { title: say("column.ratio"), numeric: true, cell: (g) => (g.is_reference ? say("reference") : estimate(g.ratio, "ratio")), value: (g) => (g.ratio ? g.ratio.value : null) },
      ...(adjusted.size ? [{ title: say("column.adjusted"), numeric: true, cell: (g) => estimate(adjusted.get(g.value), "ratio"), value: (g) => (adjusted.get(g.value) || {}).value }] : []),
      number("substitutions"), number("deletions"), number("insertions"), number("n_failed"), number("n_runaway"),
    ], { name: "groups-" + axis.axis, caption: say("groups.caption", { axis: axisTitle(axis.axis) }), hideCaption: true, rows: axis.groups });
  }

  function leftOut(view, run) {
    const { say } = words;
    const rows = [...run.failed.map((r) => ({ ...r, what: "failed" })), ...run.excluded.map((r) => ({ ...r, what: "excluded" }))];
    if (!rows.length) return;
    view.add(el("section", {}, el("h2", {}, say("left.title")), dataTable([
      { title: say("left.reason"), cell: (r) => el("span", { lang: "en" }, cut(r.reason, 200)), value: (r) => r.reason },
      { title: say("left.what"), cell: (r) => el("a", { href: view.link(["run", run.key, "utterances"], { kind: r.what }) }, say("kind." + r.what)), value: (r) => r.what },
      { title: say("left.n"), numeric: true, cell: (r) => words.count(r.n), value: (r) => r.n },
    ], { name: "left-out", caption: say("left.title"), hideCaption: true, rows })));
  }

  root.Speechfair = Object.assign(root.Speechfair, { runsScreen, runScreen, overview: { estimate, axisTitle, groupName, rateTitle, verdictBadge } });
})(window);
