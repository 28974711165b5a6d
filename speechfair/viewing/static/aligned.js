/* A reference and a hypothesis with what differs between them, from the edit codes. */
(function (root) {
  "use strict";
  const { el, shown, words } = root.Speechfair;

  /** The beginning of a long text; the screen of the utterance has all of it. */
  const start = (text) => (text.length > 240 ? text.slice(0, 240) + "…" : text);

  /** Reference over hypothesis, what differs marked by words and not by colour alone. */
  function aligned(row) {
    if (!row.codes && row.codes !== "") {
      return el(
        "div",
        { class: "pair" },
        el("div", { class: "line" }, shown(start(row.reference))),
        el("div", { class: "line" }, shown(start(row.hypothesis))),
      );
    }
    const pieces = edits(row);
    const side = (name, kinds) =>
      pieces
        .filter((p) => kinds.includes(p.kind))
        .map((p) => {
          const text = p[name].join(" ");
          return p.kind === "="
            ? [shown(text), " "]
            : [el("mark", { class: p.kind, title: words.say("edit." + p.kind) }, shown(text)), " "];
        });
    return el(
      "div",
      { class: "pair" },
      el("div", { class: "line" }, side("reference", ["=", "s", "d"])),
      el(
        "div",
        { class: "line" },
        row.failed
          ? el("i", {}, words.say("answer.failed"))
          : row.hypothesis === ""
            ? el("i", {}, words.say("answer.empty"))
            : side("hypothesis", ["=", "s", "i"]),
      ),
    );
  }

  /** The runs of equal, substituted, deleted and inserted tokens that the codes name. */
  function edits(row) {
    const ours = row.reference === "" ? [] : row.reference.split(" "),
      theirs = row.hypothesis === "" ? [] : row.hypothesis.split(" ");
    let i = 0,
      j = 0;
    return [...row.codes.matchAll(/(\d+)([=sdi])/g)].map(([, length, kind]) => {
      const n = Number(length);
      const piece = {
        kind,
        reference: kind === "i" ? [] : ours.slice(i, i + n),
        hypothesis: kind === "d" ? [] : theirs.slice(j, j + n),
      };
      if (kind !== "i") i += n;
      if (kind !== "d") j += n;
      return piece;
    });
  }

  root.Speechfair = Object.assign(root.Speechfair, { aligned, edits });
})(window);
