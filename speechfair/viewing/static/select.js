/* Which utterances match, for a bundle: the same rules as speechfair.viewing.utterance_query. No DOM here. */
(function (root) {
  "use strict";

  /**
   * columns: {row, id, speaker, errors, …: arrays}, groups: {axis: array}; asked: the parameters of the address.
   * Returns row positions in the order asked for; what is undefined comes last, ties stay in order.
   */
  function matching(columns, asked) {
    const n = columns.row.length;
    const kind = asked.kind || "all",
      sort = asked.sort || "errors",
      descending = (asked.order || "desc") === "desc";
    if ((kind === "won" || kind === "lost" || sort === "change") && !columns.change)
      throw new Error("won and lost need a second run");
    const axes = Object.keys(asked)
      .filter((name) => name.startsWith("axis."))
      .map((name) => [columns.groups[name.slice(5)], asked[name]]);
    for (const [values] of axes) if (!values) throw new Error("unknown axis");
    const wanted = (asked.q || "").toLowerCase();
    const low = limit(asked.cmin),
      high = limit(asked.cmax);
    const found = [];
    for (let i = 0; i < n; i += 1) {
      if (kind !== "excluded" && (axes.length || kind !== "all") && columns.excluded[i]) continue;
      if (!axes.every(([values, value]) => values[i] === value)) continue;
      if (!ofKind(columns, i, kind)) continue;
      if (asked.speaker !== undefined && columns.speaker[i] !== asked.speaker) continue;
      const sure = columns.confidence[i];
      if (low !== null && !(sure !== null && sure >= low)) continue;
      if (high !== null && !(sure !== null && sure <= high)) continue;
      if (wanted && !holds(columns, i, wanted)) continue;
      found.push(i);
    }
    const keys = columns[sort];
    const sign = descending ? -1 : 1;
    return found.sort((a, b) => {
      const one = keys[a],
        other = keys[b];
      if (one === null || other === null) return (one === null ? 1 : 0) - (other === null ? 1 : 0) || a - b;
      return sign * (typeof one === "number" ? one - other : compareCodePoints(one, other)) || a - b;
    });
  }

  /** As UTF-8 sorts, and so as polars does. */
  function compareCodePoints(a, b) {
    if (a === b) return 0;
    const n = Math.min(a.length, b.length);
    for (let i = 0; i < n; i += 1) {
      let x = a.charCodeAt(i),
        y = b.charCodeAt(i);
      if (x !== y) {
        if (x >= 0xd800 && y >= 0xd800) {
          x = x >= 0xe000 ? x - 0x2000 : x + 0x2000;
          y = y >= 0xe000 ? y - 0x2000 : y + 0x2000;
        }
        return x - y;
      }
    }
    return a.length - b.length;
  }

  function limit(text) {
    if (text === undefined || text === "") return null;
    const value = Number(text);
    if (!Number.isFinite(value)) throw new Error("not a number: " + text);
    return value;
  }

  function ofKind(columns, i, kind) {
    switch (kind) {
      case "all":
        return true;
      case "errors":
        return columns.errors[i] !== null && columns.errors[i] > 0;
      case "correct":
        return columns.errors[i] === 0;
      case "lost":
        return columns.change[i] !== null && columns.change[i] > 0;
      case "won":
        return columns.change[i] !== null && columns.change[i] < 0;
      case "substitutions":
      case "deletions":
      case "insertions":
        return columns[kind][i] !== null && columns[kind][i] > 0;
      case "failed":
      case "runaway":
      case "redone":
      case "excluded":
        return Boolean(columns[kind][i]);
      default:
        throw new Error("unknown kind " + kind);
    }
  }

  function holds(columns, i, wanted) {
    for (const name of ["id", "speaker", "reference", "hypothesis"]) {
      const text = columns[name][i];
      if (text !== null && text !== undefined && text.toLowerCase().includes(wanted)) return true;
    }
    return false;
  }

  const select = { matching };
  root.Speechfair = Object.assign(root.Speechfair || {}, { select });
  if (typeof module !== "undefined") module.exports = select;
})(typeof window === "undefined" ? globalThis : window);
