/* One group: its speakers as dots, its words in error, and how its utterances are distributed. */
(function (root) {
  "use strict";
  const { el, shown, words, dataTable, figure, figures, source, overview } = root.Speechfair;

  async function groupScreen(view, key, { axis, value }) {
    const { say } = words;
    const found = await source.group(key, axis, value);
    const group = found.group,
      rate = overview.rateTitle(found.tokens);
    const name = overview.groupName(axis, value);
    view.title(name);
    view.trail([
      [say("runs.title"), view.link([])],
      [key, view.link(["run", key])],
      [name, null],
    ]);
    view.add(
      el("p", { class: "eyebrow" }, shown(found.model), " · ", overview.axisTitle(axis)),
      el("h1", {}, shown(name)),
    );
    view.add(
      el(
        "dl",
        { class: "tiles" },
        tile(
          rate,
          overview.estimate(group.rate, "percent"),
          say("tile.rate", {
            speakers: words.count(group.n_speakers),
            utterances: words.count(group.n_utterances),
          }),
        ),
        tile(
          say("column.ratio"),
          group.is_reference ? say("reference") : overview.estimate(group.ratio, "ratio"),
          say("tile.against", {
            reference: found.axis.reference
              ? root.Speechfair.plain(overview.groupName(found.axis.axis, found.axis.reference))
              : words.NOTHING,
          }),
        ),
        tile(
          say("tile.errors"),
          words.count(group.substitutions + group.deletions + group.insertions),
          say("tile.kinds", {
            s: words.count(group.substitutions),
            d: words.count(group.deletions),
            i: words.count(group.insertions),
          }),
        ),
      ),
    );
    const asked = { ["axis." + axis]: value };
    view.add(
      el(
        "p",
        { class: "links" },
        el(
          "a",
          { class: "button primary", href: view.link(["run", key, "utterances"], asked) },
          say("group.utterances"),
        ),
        ...["deletions", "insertions", "substitutions", "runaway", "failed"].map((kind) =>
          el(
            "a",
            { class: "button", href: view.link(["run", key, "utterances"], { ...asked, kind }) },
            say("kind." + kind),
          ),
        ),
      ),
    );
    view.add(
      speakerSection(view, key, asked, found, rate),
      wordSection(view, key, asked, found),
      histogramSection(key, found),
    );
  }

  const tile = (title, value, small) =>
    el("div", { class: "tile" }, el("dt", {}, title), el("dd", {}, value, el("small", {}, small)));
  const nameOf = (speaker) => (speaker === null ? words.say("speaker.none") : speaker);

  function speakerSection(view, key, asked, found, rate) {
    const { say } = words;
    const group = found.group;
    const dots = found.speakers
      .filter((s) => s.rate !== null)
      .slice(0, 2000)
      .map((s, i) => ({
        value: s.rate,
        jitter: (i * 0.618034) % 1,
        title: `${nameOf(s.speaker)}: ${words.percent(s.rate)} %`,
      }));
    const drawing = figures.intervals(
      [
        {
          label: overview.groupName(group.axis, group.value),
          value: group.rate.value,
          low: group.rate.low,
          high: group.rate.high,
          dots,
          text: words.percent(group.rate.value) + " % " + (words.interval(group.rate, "percent") || ""),
        },
        ...found.axis.groups
          .filter((g) => g.is_reference && g.value !== group.value)
          .map((g) => ({
            label: overview.groupName(g.axis, g.value),
            value: g.rate.value,
            low: g.rate.low,
            high: g.rate.high,
            kind: "reference",
            text: words.percent(g.rate.value) + " % " + (words.interval(g.rate, "percent") || ""),
          })),
      ],
      "percent",
      {
        zero: true,
        label: say("speakers.label", { group: group.value }),
        marks: dots.length
          ? [{ at: Math.max(...dots.map((d) => d.value)), label: say("speakers.highest"), class: "hidden" }]
          : [],
      },
    );
    return el(
      "section",
      {},
      el("h2", {}, say("speakers.title")),
      figure("speakers-" + group.value, say("speakers.caption", { rate }), drawing, {
        header: ["speaker", "utterances", "errors", "reference_length", "rate"],
        rows: found.speakers.map((s) => [s.speaker, s.n_utterances, s.errors, s.reference_length, s.rate]),
      }),
      el(
        "details",
        {},
        el("summary", {}, say("speakers.table", { n: words.count(found.speakers.length) })),
        dataTable(
          [
            {
              title: say("column.speaker"),
              cell: (s) =>
                s.speaker === null
                  ? nameOf(null)
                  : el(
                      "a",
                      { href: view.link(["run", key, "utterances"], { ...asked, speaker: s.speaker }) },
                      shown(s.speaker),
                    ),
              value: (s) => s.speaker,
            },
            {
              title: say("column.n_utterances"),
              numeric: true,
              cell: (s) => words.count(s.n_utterances),
              value: (s) => s.n_utterances,
            },
            {
              title: say("column.errors"),
              numeric: true,
              cell: (s) => words.count(s.errors),
              value: (s) => s.errors,
            },
            { title: rate, numeric: true, cell: (s) => words.percent(s.rate), value: (s) => s.rate },
          ],
          { name: "speakers", caption: say("speakers.title"), hideCaption: true, rows: found.speakers },
        ),
      ),
    );
  }

  function wordSection(view, key, asked, found) {
    const { say } = words;
    const lists = found.words;
    const search = (text, kind) =>
      el(
        "a",
        { href: view.link(["run", key, "utterances"], { ...asked, q: text, kind }) },
        root.Speechfair.cut(text, 60),
      );
    const n = [
      { title: say("words.n"), numeric: true, cell: (w) => words.count(w.n), value: (w) => w.n },
      {
        title: say("column.n_speakers"),
        numeric: true,
        cell: (w) => words.count(w.n_speakers),
        value: (w) => w.n_speakers,
      },
    ];
    const said = {
      title: say("words.said"),
      numeric: true,
      cell: (w) => words.count(w.said),
      value: (w) => w.said,
    };
    const list = (kind, columns) =>
      el(
        "div",
        {},
        el("h3", {}, say("words." + kind)),
        lists[kind].length
          ? dataTable(columns, {
              name: "words-" + kind,
              caption: say("words." + kind),
              hideCaption: true,
              rows: lists[kind],
              class: "short",
            })
          : el("p", { class: "muted" }, say("words.nothing")),
      );
    return el(
      "section",
      {},
      el("h2", {}, say("words.title")),
      el(
        "p",
        { class: "lede" },
        say(found.words_from < found.group.n_utterances ? "words.some" : "words.every", {
          n: words.count(found.words_from),
        }),
      ),
      el(
        "div",
        { class: "three" },
        list("deleted", [
          {
            title: say("words.word"),
            cell: (w) => search(w.reference, "deletions"),
            value: (w) => w.reference,
          },
          ...n,
          said,
        ]),
        list("inserted", [
          {
            title: say("words.word"),
            cell: (w) => search(w.hypothesis, "insertions"),
            value: (w) => w.hypothesis,
          },
          ...n,
        ]),
        list("substituted", [
          {
            title: say("words.said.as"),
            cell: (w) => search(w.reference, "substitutions"),
            value: (w) => w.reference,
          },
          {
            title: say("words.heard"),
            cell: (w) => search(w.hypothesis, "substitutions"),
            value: (w) => w.hypothesis,
          },
          ...n,
        ]),
      ),
    );
  }

  const UNITS = {
    duration_s: "number",
    tokens_per_s: "number",
    rate: "percent",
    confidence: "number",
    level_db: "number",
  };

  const histogramFigure = (name, data, note) =>
    figure(
      name,
      words.say("histogram." + name),
      figures.histogram(data, UNITS[name], words.say("histogram." + name)),
      {
        header: ["from", "to", "group", "all"],
        rows: data.group.map((n, i) => [data.edges[i], data.edges[i + 1], n, data.all[i]]),
      },
      note,
    );

  /** The levels, which are measured from the audio while the rest of the screen is there. */
  async function addLevels(holder, key, group) {
    const { say } = words;
    const wait = el("p", { class: "muted", role: "status" }, say("levels.measuring"));
    holder.append(wait);
    try {
      const found = await source.levels(key, group.axis, group.value);
      if (!found.histogram) throw new Error(found.reason);
      const n = { group: words.count(found.n_group), all: words.count(found.n_all) };
      wait.replaceWith(histogramFigure("level_db", found.histogram, say("levels.from", n)));
    } catch (error) {
      wait.replaceChildren(say("levels.none"), " ", root.Speechfair.sentence(error.message, 300));
    }
  }

  function histogramSection(key, found) {
    const { say } = words;
    const drawn = Object.entries(found.histograms).filter(([, data]) => data);
    const section = el(
      "section",
      {},
      el("h2", {}, say("histograms.title")),
      el(
        "p",
        { class: "lede" },
        el("span", { class: "sw bar" }),
        say("histograms.group"),
        " ",
        el("span", { class: "sw outline" }),
        say("histograms.all"),
      ),
      el(
        "div",
        { class: "two" },
        drawn.map(([name, data]) =>
          histogramFigure(
            name,
            data,
            [
              data.above ? say("histogram.above") : "",
              data.missing ? say("histogram.missing", { n: words.count(data.missing) }) : "",
            ].join(" "),
          ),
        ),
      ),
    );
    addLevels(section.querySelector(".two"), key, found.group);
    return section;
  }

  root.Speechfair = Object.assign(root.Speechfair, { groupScreen });
})(window);
