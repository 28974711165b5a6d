/* A table of data: sortable, and to be copied and saved as it is. */
(function (root) {
  "use strict";
  const { el, words, exporting, address } = root.Speechfair;
  const MOST_ON_A_LINE = 4; // columns beside each other on a narrow screen

  /**
   * columns: [{title, cell: (row) => node or text, value: (row) => what is sorted and saved, numeric, sort: key}]
   * options: {name, caption, class: of the table, titled: name every cell of a card, rows, sort: {key, descending, choose: (key) => …}, save: () => …}
   * Where there are many columns, rows become cards on narrow screens.
   * Without options.sort the table sorts what it holds by itself, and its order is in the address.
   */
  function dataTable(columns, options) {
    const { say } = words;
    const cards = columns.length > MOST_ON_A_LINE;
    let rows = options.rows.slice();
    const place = "order." + options.name;
    let order = options.sort ? null : orderOf(address.parse(location.hash).asked[place], columns);
    if (order) rows = sorted(options.rows, columns[order.column].value, order.descending);
    const body = el("tbody");
    const heads = columns.map((column, i) => {
      const value = column.value;
      if (!value || column.sort === null)
        return el("th", { scope: "col", class: column.numeric ? "n" : null }, column.title);
      const button = el(
        "button",
        { type: "button", class: "sort" },
        column.title,
        el("span", { "aria-hidden": "true", class: "arrow" }),
      );
      button.addEventListener("click", () => choose(i));
      return el("th", { scope: "col", class: column.numeric ? "n" : null }, button);
    });

    function choose(i) {
      if (options.sort) return options.sort.choose(columns[i].sort);
      const descending = order && order.column === i ? !order.descending : Boolean(columns[i].numeric);
      order = { column: i, descending };
      root.Speechfair.remember(place, i + (descending ? "d" : "a"));
      rows = sorted(options.rows, columns[i].value, descending);
      return draw();
    }

    function marks() {
      heads.forEach((head, i) => {
        const now = options.sort
          ? columns[i].sort === options.sort.key && { descending: options.sort.descending }
          : order && order.column === i && order;
        head.setAttribute("aria-sort", now ? (now.descending ? "descending" : "ascending") : "none");
        if (!columns[i].value || columns[i].sort === null) head.removeAttribute("aria-sort");
      });
    }

    function draw() {
      marks();
      body.replaceChildren(
        ...rows.map((row, i) => {
          const cells = columns.map((column, j) =>
            el(
              j === 0 ? "th" : "td",
              {
                scope: j === 0 ? "row" : null,
                "data-title": j && (column.numeric || column.titled || options.titled) ? column.head || column.title : null,
                class: [column.numeric ? "n" : "", column.kind || ""].join(" ").trim() || null,
              },
              column.cell(row, i),
            ),
          );
          return el("tr", { class: options.mark ? options.mark(row) : null }, cells);
        }),
      );
    }
    draw();

    const data = () => [
      columns.filter((c) => c.value).map((c) => c.head || c.title),
      rows.map((row) => columns.filter((c) => c.value).map((c) => c.value(row))),
    ];
    const tools = el(
      "div",
      { class: "tools" },
      el(
        "button",
        { type: "button", onclick: () => exporting.copy(exporting.tabbed(...data())) },
        say("table.copy"),
      ),
      el(
        "button",
        {
          type: "button",
          onclick: () => (options.save ? options.save() : exporting.saveCsv(options.name, ...data())),
        },
        say("table.csv"),
      ),
    );
    const table = el(
      "table",
      {},
      el("caption", { class: options.hideCaption ? "vh" : null }, options.caption),
      el("thead", {}, el("tr", {}, heads)),
      body,
    );
    const scroll = el(
      "div",
      { class: "scroll", tabindex: "0", role: "group", "aria-label": options.caption },
      table,
    );
    return el("div", { class: ["table", cards ? "cards" : "", options.class || ""].join(" ").trim() }, scroll, tools);
  }

  /** The order that an address names, such as "3d": the fourth column, falling. */
  function orderOf(text, columns) {
    const found = /^(\d{1,3})([ad])$/.exec(text || "");
    const column = found ? Number(found[1]) : -1;
    return columns[column] && columns[column].value ? { column, descending: found[2] === "d" } : null;
  }

  function sorted(rows, value, descending) {
    const known = [],
      unknown = [];
    for (const row of rows) (value(row) === null || value(row) === undefined ? unknown : known).push(row);
    known.sort((a, b) => compare(value(a), value(b)) * (descending ? -1 : 1));
    return [...known, ...unknown];
  }

  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number"
      ? a - b
      : String(a) < String(b)
        ? -1
        : String(a) > String(b)
          ? 1
          : 0;

  root.Speechfair = Object.assign(root.Speechfair, { dataTable });
})(window);
