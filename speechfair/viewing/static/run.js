/* One run: what every axis shows, with every group. */
(function (root) {
  "use strict";
  const { el, shown, cut, sentence, words, dataTable, figure, figures, source } = root.Speechfair;
  const { estimate, axisTitle, groupName, rateTitle, rateName, verdictBadge } = root.Speechfair.overview;

  function counts(totals) {
    return words.say("totals", {
      n_in: words.count(totals.in),
      scored: words.count(totals.scored),
      failed: words.count(totals.failed),
      excluded: words.count(totals.excluded),
    });
  }

  /** One run: its findings, and every group of every axis with its figure. */
  async function runScreen(view, key) {
    const { say } = words;
    const run = await source.run(key);
    view.title(run.key);
    view.trail([
      [say("runs.title"), view.link([])],
      [run.key, null],
    ]);
    view.add(
      el("p", { class: "eyebrow" }, shown(run.corpus)),
      el("h1", {}, shown(run.model)),
      run.statement ? el("p", { class: "statement" }, sentence(run.statement, 2000)) : null,
    );
    view.add(
      el(
        "dl",
        { class: "tiles" },
        tile(
          rateTitle(run.tokens),
          estimate(run.overall.rate, "percent"),
          say("tile.rate", {
            speakers: words.count(run.overall.n_speakers),
            utterances: words.count(run.overall.n_utterances),
          }),
        ),
        tile(say("tile.rows"), words.count(run.totals.in), counts(run.totals)),
        tile(
          say("tile.normalizer"),
          shown(run.normalizer),
          say("tile.unit", { unit: say("unit." + run.tokens) }),
        ),
      ),
    );
    view.add(
      el(
        "p",
        {},
        el(
          "a",
          { class: "button primary", href: view.link(["run", key, "utterances"]) },
          say("utterances.all"),
        ),
      ),
    );
    for (const axis of run.axes) view.add(axisSection(view, run, axis));
    leftOut(view, run);
    if (run.notes.length)
      view.add(
        el(
          "section",
          {},
          el("h2", {}, say("notes")),
          el(
            "ul",
            { class: "notes" },
            run.notes.map((note) => el("li", {}, sentence(note, 600))),
          ),
        ),
      );
  }

  const tile = (title, value, small) =>
    el("div", { class: "tile" }, el("dt", {}, title), el("dd", {}, value, el("small", {}, small)));

  function axisSection(view, run, axis) {
    const { say } = words;
    const title = say("by", { axis: axisTitle(axis.axis) });
    const rate = rateTitle(run.tokens);
    return el(
      "section",
      {},
      el("h2", {}, title),
      findingOf(run, axis),
      forest(axis, rate, title),
      groupTable(view, run, axis),
      el(
        "p",
        { class: "muted" },
        say("gap.line", {
          gap: words.percent(axis.gap && axis.gap.value),
          limits: words.interval(axis.gap, "percent") || "",
        }),
        axis.gap_expected === null
          ? null
          : " " +
              say("gap.chance", { gap: words.percent(axis.gap_expected), p: words.pValue(axis.gap_p_value) }),
      ),
      axis.notes.length
        ? el(
            "ul",
            { class: "notes" },
            axis.notes.map((note) => el("li", {}, sentence(note, 600))),
          )
        : null,
    );
  }

  /** What the axis shows. The long sentence is recorded in English; other languages get one made from the figures. */
  function findingOf(run, axis) {
    const { say } = words;
    let text = axis.finding;
    if (words.language() !== "en") {
      const judged = axis.groups.filter(
        (g) => !g.is_reference && !g.value.split("+").includes("unknown") && ratioOf(g),
      );
      const far = leading(judged);
      text = say("finding." + axis.verdict, {
        n: judged.length,
        reference: axis.reference === null ? words.NOTHING : groupName(axis.axis, axis.reference),
        group: far ? groupName(axis.axis, far.value) : words.NOTHING,
        ratio: far ? words.times(ratioOf(far).value) : words.NOTHING,
        limits: far ? words.interval(ratioOf(far), "ratio") || "" : "",
        rate: rateName(run.tokens),
      });
    }
    return el(
      "div",
      { class: "finding " + axis.verdict },
      el("p", {}, verdictBadge(axis.verdict)),
      el("p", { class: "say" }, cut(text, 600)),
      axis.more && words.language() === "en" ? el("p", { class: "muted" }, axis.more) : null,
    );
  }

  /** The ratio whose interval holds together with those of the other groups; null where there is none. */
  function ratioOf(group) {
    const ratio = group.ratio_simultaneous || group.ratio;
    return ratio && ratio.value !== null && ratio.low !== null ? ratio : null;
  }

  /** The group that a finding names, as speechfair.auditing.findings chooses it. */
  function leading(judged) {
    const clear = judged.filter(
      (g) => ratioOf(g).low > 1 || (ratioOf(g).high !== null && ratioOf(g).high < 1),
    );
    const far = (g) => (ratioOf(g).value ? Math.abs(Math.log(ratioOf(g).value)) : Infinity);
    const before = (a, b) => (ratioOf(b).value > 1) - (ratioOf(a).value > 1) || far(b) - far(a);
    return (clear.length ? clear : judged).slice().sort(before)[0];
  }

  function forest(axis, rate, title) {
    const { say } = words;
    const groups = axis.groups.slice(0, 60);
    const drawing = figures.intervals(
      groups.map((g) => ({
        label: groupName(g.axis, g.value),
        value: g.rate.value,
        low: g.rate.low,
        high: g.rate.high,
        kind: g.is_reference ? "reference" : "",
        text: words.percent(g.rate.value) + " % " + (words.interval(g.rate, "percent") || ""),
      })),
      "percent",
      { zero: true, label: say("forest.label", { rate, title }) },
    );
    return figure(
      "rates-" + axis.axis,
      say("forest.caption", { rate }),
      drawing,
      {
        header: ["group", "rate", "low", "high", "speakers", "utterances"],
        rows: axis.groups.map((g) => [
          g.value,
          g.rate.value,
          g.rate.low,
          g.rate.high,
          g.n_speakers,
          g.n_utterances,
        ]),
      },
      axis.groups.length > groups.length
        ? say("forest.first", { n: groups.length, all: axis.groups.length })
        : null,
    );
  }

  function groupTable(view, run, axis) {
    const { say } = words;
    const adjusted = new Map(axis.adjusted.map((one) => [one.group, one.adjusted]));
    const number = (name) => ({
      title: say("column." + name),
      numeric: true,
      cell: (g) => words.count(g[name]),
      value: (g) => g[name],
    });
    return dataTable(
      [
        {
          title: axisTitle(axis.axis),
          cell: (g) =>
            el(
              "span",
              {},
              el(
                "a",
                { href: view.link(["run", run.key, "group"], { axis: axis.axis, value: g.value }) },
                shown(groupName(g.axis, g.value)),
              ),
              g.is_reference ? " " + say("reference.mark") : "",
            ),
          value: (g) => g.value,
        },
        number("n_speakers"),
        number("n_utterances"),
        {
          title: rateTitle(run.tokens),
          numeric: true,
          cell: (g) => estimate(g.rate, "percent"),
          value: (g) => g.rate.value,
        },
        {
          title: say("column.ratio"),
          numeric: true,
          cell: (g) => (g.is_reference ? say("reference") : estimate(g.ratio, "ratio")),
          value: (g) => (g.ratio ? g.ratio.value : null),
        },
        ...(adjusted.size
          ? [
              {
                title: say("column.adjusted"),
                numeric: true,
                cell: (g) => estimate(adjusted.get(g.value), "ratio"),
                value: (g) => (adjusted.get(g.value) || {}).value,
              },
            ]
          : []),
        number("substitutions"),
        number("deletions"),
        number("insertions"),
        number("n_failed"),
        number("n_runaway"),
      ],
      {
        name: "groups-" + axis.axis,
        caption: say("groups.caption", { axis: axisTitle(axis.axis) }),
        hideCaption: true,
        titled: true,
        rows: axis.groups,
      },
    );
  }

  function leftOut(view, run) {
    const { say } = words;
    const rows = [
      ...run.failed.map((r) => ({ ...r, what: "failed" })),
      ...run.excluded.map((r) => ({ ...r, what: "excluded" })),
    ];
    if (!rows.length) return;
    view.add(
      el(
        "section",
        {},
        el("h2", {}, say("left.title")),
        dataTable(
          [
            {
              title: say("left.reason"),
              cell: (r) => sentence(r.reason, 200),
              value: (r) => r.reason,
            },
            {
              title: say("left.what"),
              cell: (r) =>
                el(
                  "a",
                  { href: view.link(["run", run.key, "utterances"], { kind: r.what }) },
                  say("kind." + r.what),
                ),
              value: (r) => r.what,
            },
            { title: say("left.n"), numeric: true, cell: (r) => words.count(r.n), value: (r) => r.n },
          ],
          { name: "left-out", caption: say("left.title"), hideCaption: true, rows },
        ),
      ),
    );
  }

  root.Speechfair = Object.assign(root.Speechfair, { runScreen });
})(window);
