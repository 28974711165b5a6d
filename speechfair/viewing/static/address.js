/* The state of the page is its address: a screen, its parts, and parameters. No DOM here. */
(function (root) {
  "use strict";
  const KEPT = ["lang", "theme"]; // go with every link

  /** "#/run/a/utterances?q=x" -> {parts: ["run", "a", "utterances"], asked: {q: "x"}} */
  function parse(hash) {
    const text = hash.replace(/^#\/?/, "");
    const cut = text.indexOf("?");
    const path = cut < 0 ? text : text.slice(0, cut);
    const asked = {};
    for (const [name, value] of new URLSearchParams(cut < 0 ? "" : text.slice(cut + 1))) asked[name] = value;
    const parts = path.split("/").filter(Boolean).map(decoded);
    return { parts, asked };
  }

  function decoded(part) {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  }

  /** The address of a screen; what is empty is left out, language and theme are taken along. */
  function link(parts, asked, now) {
    const all = Object.assign({}, asked);
    for (const name of KEPT) if (!(name in all) && now && now[name]) all[name] = now[name];
    const found = new URLSearchParams();
    for (const name of Object.keys(all).sort()) {
      const value = all[name];
      if (value !== undefined && value !== null && value !== "") found.set(name, value);
    }
    const query = found.toString();
    return "#/" + parts.map(encodeURIComponent).join("/") + (query ? "?" + query : "");
  }

  const QUERY = ["q", "speaker", "kind", "cmin", "cmax", "sort", "order", "against"];

  /** Of the parameters of an address, those that choose and order utterances. */
  function queryOf(asked) {
    const found = {};
    for (const name of Object.keys(asked))
      if (QUERY.includes(name) || name.startsWith("axis.")) found[name] = asked[name];
    return found;
  }

  const address = { parse, link, queryOf };
  root.Speechfair = Object.assign(root.Speechfair || {}, { address });
  if (typeof module !== "undefined") module.exports = address;
})(typeof window === "undefined" ? globalThis : window);
