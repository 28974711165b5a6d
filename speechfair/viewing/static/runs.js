/* The first screen: every run, and models by groups. */
(function (root) {
  "use strict";
  const { el, shown, words, dataTable, source } = root.Speechfair;
  const { estimate, axisTitle, groupName, verdictBadge } = root.Speechfair.overview;

  /** Every kind of run in one line: model, rates, and per axis the worst group, the gap and the verdict. */
  async function runsScreen(view) {
    const { say } = words;
    const { runs } = await source.runs();
    const good = runs.filter((run) => !run.problem);
    view.title(say("runs.title"));
    view.add(
      el("h1", {}, say("runs.title")),
      el("p", { class: "lede" }, say("runs.lede", { n: runs.length })),
    );
    for (const run of runs.filter((one) => one.problem)) {
      view.add(
        el(
          "div",
          { class: "problem", role: "alert" },
          el("p", {}, el("b", {}, shown(run.key)), " – ", say("runs.problem")),
          root.Speechfair.errorText(run.problem),
        ),
      );
    }
    if (!good.length) return;
    const rows = good.flatMap((run) => (run.axes.length ? run.axes : [null]).map((axis) => ({ run, axis })));
    view.add(
      dataTable(
        [
          {
            title: say("run"),
            cell: ({ run }) => el("a", { href: view.link(["run", run.key]) }, shown(run.key)),
            value: ({ run }) => run.key,
          },
          { title: say("model"), cell: ({ run }) => shown(run.model), value: ({ run }) => run.model },
          { title: say("corpus"), cell: ({ run }) => shown(run.corpus), value: ({ run }) => run.corpus },
          {
            title: say("rate.all"),
            numeric: true,
            cell: ({ run }) => estimate(run.overall.rate, "percent"),
            value: ({ run }) => run.overall.rate.value,
          },
          {
            title: say("axis"),
            kind: "keep",
            cell: ({ axis }) => (axis ? axisTitle(axis.axis) : words.NOTHING),
            value: ({ axis }) => axis && axis.axis,
          },
          {
            title: say("group.worst"),
            cell: ({ run, axis }) => (axis && axis.worst ? worstCell(view, run, axis) : words.NOTHING),
            value: ({ axis }) => axis && axis.worst,
          },
          {
            title: say("gap"),
            numeric: true,
            cell: ({ axis }) => estimate(axis && axis.gap, "percent"),
            value: ({ axis }) => (axis && axis.gap ? axis.gap.value : null),
          },
          {
            title: say("verdict"),
            cell: ({ axis }) => (axis ? verdictBadge(axis.verdict) : words.NOTHING),
            value: ({ axis }) => axis && words.say("verdict." + axis.verdict),
          },
        ],
        { name: "runs", caption: say("runs.caption"), titled: true, rows },
      ),
    );
    view.add(el("p", { class: "muted" }, say("interval.note", { level: levelOf(good[0]) })));
    matrices(view, good);
    compareForm(view, good);
  }

  const levelOf = (run) => words.fixed(100 * run.level, 0) + " %";

  function worstCell(view, run, axis) {
    const worst = axis.groups.find((group) => group.value === axis.worst);
    return el(
      "span",
      {},
      el(
        "a",
        { href: view.link(["run", run.key, "group"], { axis: axis.axis, value: axis.worst }) },
        shown(groupName(axis.axis, axis.worst)),
      ),
      " ",
      words.percent(worst.rate.value),
      " %",
    );
  }

  /** Models by groups: a table per axis that several runs have. */
  function matrices(view, runs) {
    const { say } = words;
    const axes = [...new Set(runs.flatMap((run) => run.axes.map((axis) => axis.axis)))];
    for (const axis of axes) {
      const having = runs.filter((run) => run.axes.some((one) => one.axis === axis));
      const of = (run, value) =>
        run.axes.find((one) => one.axis === axis).groups.find((group) => group.value === value);
      const values = [
        ...new Set(
          having.flatMap((run) =>
            run.axes.find((one) => one.axis === axis).groups.map((group) => group.value),
          ),
        ),
      ];
      const columns = [
        { title: axisTitle(axis), cell: (value) => shown(groupName(axis, value)), value: (value) => value },
        ...having.map((run) => ({
          title: shown(run.key),
          head: run.key,
          numeric: true,
          value: (value) => {
            const g = of(run, value);
            return g ? g.rate.value : null;
          },
          cell: (value) => {
            const g = of(run, value);
            return g
              ? el(
                  "a",
                  { href: view.link(["run", run.key, "group"], { axis, value }) },
                  estimate(g.rate, "percent"),
                )
              : words.NOTHING;
          },
        })),
      ];
      view.add(
        el(
          "section",
          {},
          el("h2", {}, say("by", { axis: axisTitle(axis) })),
          dataTable(columns, {
            name: "groups-" + axis,
            caption: say("matrix.caption", { axis: axisTitle(axis) }),
            hideCaption: true,
            rows: values,
          }),
        ),
      );
    }
  }

  function compareForm(view, runs) {
    const { say } = words;
    if (runs.length < 2) return;
    const choose = (id, from, chosen) =>
      el(
        "select",
        { id },
        from.map((run) =>
          el("option", { value: run.key, selected: run.key === chosen }, root.Speechfair.plain(run.key)),
        ),
      );
    // a bundle holds the first run against each of the others
    const before = choose("before", root.Speechfair.bundle ? runs.slice(0, 1) : runs, runs[0].key),
      after = choose("after", root.Speechfair.bundle ? runs.slice(1) : runs, runs[1].key);
    view.add(
      el(
        "section",
        {},
        el("h2", {}, say("compare.title")),
        el("p", { class: "lede" }, say("compare.lede")),
        el(
          "form",
          {
            class: "controls",
            onsubmit: (event) => {
              event.preventDefault();
              location.hash = view.link(["compare"], { before: before.value, after: after.value });
            },
          },
          el("label", {}, say("before"), before),
          el("label", {}, say("after"), after),
          el("button", { class: "primary" }, say("compare.go")),
        ),
      ),
    );
  }

  root.Speechfair = Object.assign(root.Speechfair, { runsScreen });
})(window);
