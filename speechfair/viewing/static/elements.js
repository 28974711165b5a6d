/* Elements from data. Text goes in as text nodes and attributes alone; nothing here or elsewhere parses HTML. */
(function (root) {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (name === "value") node.value = value;
      else node.setAttribute(name, value === true ? "" : String(value));
    }
    for (const child of children.flat(Infinity)) {
      if (child === null || child === undefined || child === false) continue;
      node.append(child instanceof Node ? child : document.createTextNode(String(child)));
    }
    return node;
  }

  const el = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
  const svg = (name, attributes, ...children) =>
    fill(document.createElementNS(SVG, name), attributes, children);

  const INVISIBLE =
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;

  /** A text from data on its own: its direction is its own, and what turns or hides text is written out. */
  function shown(text, attributes) {
    return el("bdi", attributes, plain(text));
  }

  function plain(text) {
    return String(text).replace(INVISIBLE, (c) => "\\u" + c.codePointAt(0).toString(16).padStart(4, "0"));
  }

  /** A long text cut, with a button that shows all of it. */
  function cut(text, most) {
    const whole = plain(text);
    if (whole.length <= most) return shown(text);
    const holder = el("span", {}, el("bdi", {}, whole.slice(0, most) + "…"), " ");
    const { say, count } = root.Speechfair.words;
    const more = el("button", { type: "button", class: "link" }, say("show.all", { n: count(whole.length) }));
    more.addEventListener("click", () => holder.replaceChildren(el("bdi", {}, whole)));
    holder.append(more);
    return holder;
  }

  /** A recorded sentence, cut at a length; marked as English where there is no translation. */
  function sentence(text, most) {
    const found = root.Speechfair.words.recorded(text);
    return el("span", { lang: found === null ? "en" : null }, cut(found === null ? text : found, most));
  }

  /** An error with its lines. */
  function errorText(text) {
    const found = root.Speechfair.words.recorded(text);
    const lines = String(found === null ? text : found).split("\n").map(plain);
    return el("pre", { lang: found === null ? "en" : null }, lines.join("\n"));
  }

  let timer = null;
  /** Say something to everybody: in the status region, and for a moment on the screen. */
  function tell(text) {
    const region = document.getElementById("said");
    region.textContent = text;
    region.className = "toast";
    clearTimeout(timer);
    timer = setTimeout(() => {
      region.className = "vh";
    }, 2500);
  }

  /** Take a message back that no longer holds. */
  function hush(text) {
    const region = document.getElementById("said");
    if (region.textContent === text) region.className = "vh";
  }

  root.Speechfair = Object.assign(root.Speechfair || {}, { errorText, hush, el, svg, shown, plain, cut, sentence, tell });
})(window);
