/* All utterances of a run: searched, filtered, sorted, a page at a time. */
(function (root) {
  "use strict";
  const { el, shown, cut, words, dataTable, address, exporting, source, overview, aligned } = root.Speechfair;
  const PAGE = 50;
  const KINDS = [
    "all",
    "errors",
    "correct",
    "substitutions",
    "deletions",
    "insertions",
    "failed",
    "runaway",
    "redone",
    "excluded",
  ];

  function controls(view, run, key, asked, others) {
    const { say } = words;
    const go = (changes) => {
      location.hash = view.link(["run", key, "utterances"], { ...asked, page: undefined, ...changes });
    };
    const choice = (id, title, values, now, change) =>
      el(
        "label",
        {},
        title,
        el(
          "select",
          { id, onchange: (event) => change(event.target.value) },
          values.map(([value, text]) => el("option", { value, selected: value === now }, text)),
        ),
      );
    const search = el("input", {
      type: "search",
      id: "search",
      value: asked.q || "",
      maxlength: 500,
      placeholder: say("search.hint"),
      "aria-keyshortcuts": "/",
    });
    let waiting = null;
    search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => go({ q: search.value }), 250);
    });
    const bound = (id, title, name) =>
      el(
        "label",
        {},
        title,
        el("input", {
          id,
          type: "number",
          min: 0,
          max: 1,
          step: 0.05,
          value: asked[name] || "",
          onchange: (event) => go({ [name]: event.target.value }),
        }),
      );
    const kinds = asked.against ? [...KINDS, "lost", "won"] : KINDS;
    return el(
      "form",
      {
        class: "controls",
        role: "search",
        onsubmit: (event) => {
          event.preventDefault();
          go({ q: search.value });
        },
      },
      el("label", { class: "wide" }, say("search"), search),
      choice(
        "kind",
        say("filter.kind"),
        kinds.map((kind) => [kind, say("kind." + kind)]),
        asked.kind || "all",
        (kind) => go({ kind: kind === "all" ? "" : kind }),
      ),
      run.axes.map((axis) =>
        choice(
          "axis-" + axis.axis,
          overview.axisTitle(axis.axis),
          [
            ["", say("filter.any")],
            ...axis.groups.map((g) => [
              g.value,
              root.Speechfair.plain(overview.groupName(axis.axis, g.value)).slice(0, 60),
            ]),
          ],
          asked["axis." + axis.axis] || "",
          (value) => go({ ["axis." + axis.axis]: value }),
        ),
      ),
      bound("cmin", say("filter.cmin"), "cmin"),
      bound("cmax", say("filter.cmax"), "cmax"),
      others.length
        ? choice(
            "against",
            say("filter.against"),
            [["", say("filter.none")], ...others.map((k) => [k, root.Speechfair.plain(k)])],
            asked.against || "",
            (value) =>
              go({
                against: value,
                kind: ["lost", "won"].includes(asked.kind) ? "" : asked.kind,
                sort: asked.sort === "change" ? "" : asked.sort,
              }),
          )
        : null,
      asked.speaker !== undefined
        ? el(
            "span",
            { class: "chip" },
            say("column.speaker"),
            ": ",
            shown(asked.speaker),
            " ",
            el(
              "button",
              { type: "button", class: "link", onclick: () => go({ speaker: undefined }) },
              say("filter.clear"),
            ),
          )
        : null,
      el("a", { class: "button", href: view.link(["run", key, "utterances"]) }, say("filter.reset")),
    );
  }

  async function utterancesScreen(view, key, asked) {
    const { say } = words;
    const query = address.queryOf(asked);
    const page = Math.max(1, Math.floor(Number(asked.page) || 1));
    const started = performance.now();
    const [{ runs }, found] = await Promise.all([
      source.known(),
      source.utterances(key, query, (page - 1) * PAGE, PAGE),
    ]);
    const run = runs.find((one) => one.key === key);
    const others = runs.filter((one) => !one.problem && one.key !== key).map((one) => one.key);
    view.title(say("utterances.title"));
    view.trail([
      [say("runs.title"), view.link([])],
      [key, view.link(["run", key])],
      [say("utterances.title"), null],
    ]);
    view.add(el("h1", {}, say("utterances.title")), controls(view, run, key, asked, others));
    const pages = Math.max(1, Math.ceil(found.total / PAGE));
    view.add(
      el(
        "p",
        { id: "count", role: "status" },
        say("utterances.count", { total: words.count(found.total), of: words.count(found.of) }),
      ),
    );
    if (!found.rows.length) {
      view.add(el("p", { class: "muted" }, say("utterances.nothing")));
      view.took(started);
      return;
    }
    const sort = asked.sort || "errors",
      descending = (asked.order || "desc") === "desc";
    const choose = (name) => {
      location.hash = view.link(["run", key, "utterances"], {
        ...asked,
        page: undefined,
        sort: name,
        order: sort === name && descending ? "asc" : "desc",
      });
    };
    const at = (i) =>
      view.link(["run", key, "utterance", String(found.rows[i].row)], {
        ...query,
        at: String(found.offset + i),
      });
    const number = (name, text) => ({
      title: say("column." + name),
      numeric: true,
      sort: name,
      cell: text || ((r) => words.count(r[name])),
      value: (r) => r[name],
    });
    const columns = [
      {
        title: say("column.id"),
        sort: "id",
        kind: "id",
        cell: (r, i) => el("a", { href: at(i) }, cut(r.id, 60)),
        value: (r) => r.id,
      },
      {
        title: say("column.texts"),
        sort: null,
        kind: "texts",
        cell: (r) => aligned(r),
        value: (r) => r.reference,
        head: "reference",
      },
      {
        title: say("column.speaker"),
        titled: true,
        sort: "speaker",
        cell: (r) =>
          r.speaker === null
            ? words.NOTHING
            : el(
                "a",
                {
                  href: view.link(["run", key, "utterances"], {
                    ...asked,
                    page: undefined,
                    speaker: r.speaker,
                  }),
                },
                cut(r.speaker, 40),
              ),
        value: (r) => r.speaker,
      },
      number("errors", (r) => (r.excluded ? say("kind.excluded") : words.count(r.errors))),
      number("rate", (r) => words.percent(r.rate)),
      ...(asked.against ? [number("change", (r) => (r.change > 0 ? "+" : "") + words.count(r.change))] : []),
      number("duration_s", (r) => words.number(r.duration_s)),
      ...(found.rows.some((r) => r.confidence !== null)
        ? [number("confidence", (r) => words.number(r.confidence))]
        : []),
      {
        title: say("column.groups"),
        sort: null,
        kind: "groups",
        cell: (r) =>
          el(
            "span",
            {},
            Object.entries(r.groups)
              .filter(([axis]) => !partOfOthers(axis, r.groups))
              .map(([axis, value], i) => [i ? " · " : "", cut(overview.groupName(axis, value), 30)]),
          ),
        value: (r) => Object.values(r.groups).join(" · "),
        head: "groups",
      },
    ];
    view.add(
      dataTable(columns, {
        name: key + "-utterances",
        caption: say("utterances.caption"),
        hideCaption: true,
        rows: found.rows,
        class: "utterances",
        sort: { key: sort, descending, choose },
        save: () => saveAll(key, query),
      }),
    );
    view.add(pager(view, key, asked, page, pages));
    view.keys(listKeys(view, key, asked, page, pages));
    view.add(el("p", { class: "muted keys" }, say("keys.list")));
    view.took(started);
  }

  /** Whether an axis is a crossing whose parts are shown on their own. */
  const partOfOthers = (axis, groups) => axis.includes("+") && axis.split("+").every((part) => part in groups);

  /** All that match, not only this page: the server's file, or what the bundle holds. */
  async function saveAll(key, query) {
    if (source.csv) {
      const anchor = el("a", { href: source.csv(key, query), download: "" });
      document.body.append(anchor);
      anchor.click();
      anchor.remove();
      return;
    }
    const rows = await source.all(key, query);
    const axes = rows.length ? Object.keys(rows[0].groups) : [];
    exporting.saveCsv(
      key + "-utterances",
      [...source.columns, ...axes],
      rows.map((r) => [...source.columns.map((n) => r[n]), ...axes.map((a) => r.groups[a])]),
    );
  }

  function pager(view, key, asked, page, pages) {
    const { say } = words;
    const to = (n) =>
      view.link(["run", key, "utterances"], { ...asked, page: n > 1 ? String(n) : undefined });
    const step = (n, text, ok) =>
      ok
        ? el("a", { class: "button", href: to(n), rel: n < page ? "prev" : "next" }, text)
        : el("span", { class: "button off", "aria-disabled": "true" }, text);
    const box = el("input", {
      type: "number",
      id: "page",
      min: 1,
      max: pages,
      value: String(page),
      onchange: (event) => {
        location.hash = to(Math.min(pages, Math.max(1, Math.floor(Number(event.target.value) || 1))));
      },
    });
    return el(
      "nav",
      { class: "pager", "aria-label": say("pages") },
      step(page - 1, say("page.before"), page > 1),
      el("label", {}, say("page"), box),
      el("span", {}, say("page.of", { n: words.count(pages) })),
      step(page + 1, say("page.next"), page < pages),
    );
  }

  function listKeys(view, key, asked, page, pages) {
    const links = () => [...document.querySelectorAll(".utterances tbody th a")];
    const move = (by) => {
      const all = links(),
        now = all.indexOf(document.activeElement);
      const next = all[Math.min(all.length - 1, Math.max(0, now < 0 ? 0 : now + by))];
      if (next) next.focus();
    };
    const to = (n) => {
      if (n >= 1 && n <= pages)
        location.hash = view.link(["run", key, "utterances"], {
          ...asked,
          page: n > 1 ? String(n) : undefined,
        });
    };
    return {
      j: () => move(1),
      k: () => move(-1),
      n: () => to(page + 1),
      p: () => to(page - 1),
      "/": () => document.getElementById("search").focus(),
    };
  }

  root.Speechfair = Object.assign(root.Speechfair, { utterancesScreen });
})(window);
