/* Before and after: the change of every group with its margin, and the utterances won and lost. */
(function (root) {
  "use strict";
  const { el, shown, sentence, words, dataTable, figure, figures, source, overview } = root.Speechfair;
  const BADGE = { pass: "alike", fail: "difference", undetermined: "unclear" };

  async function compareScreen(view, { before, after }) {
    const { say } = words;
    const found = await source.change(before, after);
    view.title(say("compare.title"));
    view.trail([
      [say("runs.title"), view.link([])],
      [say("compare.title"), null],
    ]);
    view.add(
      el("h1", {}, say("compare.title")),
      el("p", { class: "lede" }, shown(found.before.model), " → ", shown(found.after.model)),
    );
    view.add(
      el(
        "div",
        { class: "finding " + BADGE[found.verdict] },
        el("p", {}, badge(found.verdict)),
        el("p", { class: "say" }, say("compare." + found.verdict)),
        el(
          "p",
          { class: "muted" },
          say("compare.margin", {
            relative: words.percent(found.relative),
            absolute: words.percent(found.absolute),
            level: words.fixed(100 * found.level, 0),
          }),
        ),
        found.reason ? el("p", { class: "muted" }, sentence(found.reason, 600)) : null,
      ),
    );
    const to = (kind) =>
      view.link(["run", after, "utterances"], {
        against: before,
        kind,
        sort: "change",
        order: kind === "won" ? "asc" : "desc",
      });
    view.add(
      el(
        "dl",
        { class: "tiles" },
        tile(
          say("compare.won"),
          el("a", { href: to("won") }, words.count(found.won)),
          say("compare.won.small"),
        ),
        tile(
          say("compare.lost"),
          el("a", { href: to("lost") }, words.count(found.lost)),
          say("compare.lost.small"),
        ),
        tile(
          say("compare.same"),
          words.count(found.same),
          say("compare.compared", { n: words.count(found.matching.compared) }),
        ),
      ),
    );
    if (found.matching.match === "common")
      view.add(
        el(
          "p",
          { class: "caution" },
          say("compare.common", {
            before: words.count(found.matching.only_before),
            after: words.count(found.matching.only_after),
            changed: words.count(
              found.matching.changed_text +
                found.matching.changed_speaker +
                found.matching.changed_audio +
                found.matching.changed_labels,
            ),
          }),
        ),
      );
    view.add(section(view, found, "overall", [found.overall], say("compare.overall"), before, after));
    for (const axis of found.axes) {
      view.add(
        section(
          view,
          found,
          axis.axis,
          found.groups.filter((g) => g.axis === axis.axis),
          say("by", { axis: overview.axisTitle(axis.axis) }),
          before,
          after,
          axis,
        ),
      );
    }
    if (found.notes.length)
      view.add(
        el(
          "section",
          {},
          el("h2", {}, say("notes")),
          el(
            "ul",
            { class: "notes" },
            found.notes.map((note) => el("li", {}, sentence(note, 600))),
          ),
        ),
      );
  }

  const tile = (title, value, small) =>
    el("div", { class: "tile" }, el("dt", {}, title), el("dd", {}, value, el("small", {}, small)));
  const badge = (verdict) => el("span", { class: "badge " + BADGE[verdict] }, words.say("harm." + verdict));

  /** A change in points, signed, with its interval. */
  function change(found) {
    if (!found || found.value === null) return words.NOTHING;
    return words.points(found.value) + " " + (words.interval(found, "points") || "");
  }

  /** The margin of a group, as a difference of rates: the larger of the two that hold. */
  const margin = (found, group) =>
    group.before && group.before.rate.value !== null
      ? Math.max(found.relative * group.before.rate.value, found.absolute)
      : null;

  function section(view, found, name, groups, title, before, after, axis) {
    const { say } = words;
    const drawn = groups.filter((g) => g.difference && g.difference.value !== null).slice(0, 60);
    const unit = "points";
    const lines = drawn.map((g) => ({
      label: g.axis === "overall" ? say("compare.overall") : overview.groupName(g.axis, g.value),
      value: g.difference.value,
      low: g.difference.low,
      high: g.difference.high,
      kind: g.no_harm.verdict,
      text: change(g.difference),
      margin: margin(found, g),
    }));
    const marks = [{ at: 0, label: say("compare.zero"), class: "zero" }];
    const figured = lines.length
      ? figure(
          "change-" + name,
          say("compare.caption"),
          figures.intervals(lines, unit, { label: say("compare.caption") + " – " + title, marks }),
          {
            header: ["group", "difference", "low", "high", "margin", "verdict"],
            rows: groups.map((g) => [
              g.value,
              g.difference && g.difference.value,
              g.difference && g.difference.low,
              g.difference && g.difference.high,
              margin(found, g),
              g.no_harm.verdict,
            ]),
          },
          say("compare.margins"),
        )
      : null;
    const lost = (g, kind) =>
      el(
        "a",
        {
          href: view.link(["run", after, "utterances"], {
            against: before,
            kind,
            sort: "change",
            order: kind === "won" ? "asc" : "desc",
            ...(g.axis === "overall" ? {} : { ["axis." + g.axis]: g.value }),
          }),
        },
        say("compare." + kind),
      );
    return el(
      "section",
      {},
      el("h2", {}, title),
      figured,
      dataTable(
        [
          {
            title: say("group"),
            cell: (g) =>
              g.axis === "overall"
                ? say("compare.overall")
                : el(
                    "span",
                    {},
                    shown(overview.groupName(g.axis, g.value)),
                    g.is_reference ? " " + say("reference.mark") : "",
                  ),
            value: (g) => g.value,
          },
          {
            title: say("verdict"),
            cell: (g) =>
              el(
                "span",
                { class: "keep" },
                badge(g.no_harm.verdict),
                el(
                  "span",
                  {
                    class: "why",
                    lang: words.recorded(g.no_harm.reason) === null ? "en" : null,
                    title: words.recorded(g.no_harm.reason) ?? g.no_harm.reason,
                    tabindex: "0",
                    role: "note",
                    "aria-label": words.recorded(g.no_harm.reason) ?? g.no_harm.reason,
                  },
                  " ?",
                ),
              ),
            value: (g) => say("harm." + g.no_harm.verdict),
          },
          {
            title: say("column.n_speakers"),
            numeric: true,
            cell: (g) => words.count(g.n_speakers),
            value: (g) => g.n_speakers,
          },
          {
            title: say("before"),
            numeric: true,
            cell: (g) => (g.before ? words.percent(g.before.rate.value) : words.NOTHING),
            value: (g) => g.before && g.before.rate.value,
          },
          {
            title: say("after"),
            numeric: true,
            cell: (g) => (g.after ? words.percent(g.after.rate.value) : words.NOTHING),
            value: (g) => g.after && g.after.rate.value,
          },
          {
            title: say("compare.change"),
            numeric: true,
            cell: (g) => change(g.difference),
            value: (g) => g.difference && g.difference.value,
          },
          {
            title: say("compare.ratio"),
            numeric: true,
            cell: (g) => overview.estimate(g.ratio, "ratio"),
            value: (g) => g.ratio && g.ratio.value,
          },
          {
            title: say("compare.margin.head"),
            numeric: true,
            cell: (g) => (margin(found, g) === null ? words.NOTHING : words.points(margin(found, g))),
            value: (g) => margin(found, g),
          },
          {
            title: say("compare.utterances"),
            cell: (g) => el("span", { class: "keep" }, lost(g, "lost"), " · ", lost(g, "won")),
            sort: null,
          },
        ],
        { name: "change-" + name, caption: title, hideCaption: true, titled: true, rows: groups },
      ),
      axis
        ? el(
            "p",
            { class: "muted" },
            say("compare.gap", {
              before: words.percent(axis.gap_before.value),
              after: words.percent(axis.gap_after.value),
              change: change(axis.gap_change),
            }),
          )
        : null,
    );
  }

  root.Speechfair = Object.assign(root.Speechfair, { compareScreen });
})(window);
