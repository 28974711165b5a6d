/* Tables as CSV or for a spreadsheet, figures as SVG, PNG and data. Nothing that is saved runs anything. */
(function (root) {
  "use strict";
  const FORMULA = /^ *[=+\-@\t\r]/;

  /** A text that a spreadsheet would take for a formula gets an apostrophe; numbers are unchanged. */
  function safeCell(value) {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return String(value);
    if (typeof value === "boolean") return value ? "true" : "false";
    return FORMULA.test(value) ? "'" + value : String(value);
  }

  function csv(header, rows) {
    const cell = (value) => {
      const text = safeCell(value);
      return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
    };
    return "\ufeff" + [header, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
  }

  const tabbed = (header, rows) =>
    [header, ...rows]
      .map((row) => row.map((v) => safeCell(v).replace(/[\t\r\n]+/g, " ")).join("\t"))
      .join("\n");

  function save(name, blob) {
    const address = URL.createObjectURL(blob);
    const anchor = root.Speechfair.el("a", { href: address, download: name });
    document.body.append(anchor);
    anchor.click();
    anchor.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  async function copy(text) {
    const { tell, words } = root.Speechfair;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = root.Speechfair.el("textarea", { class: "vh", "aria-hidden": "true" });
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    tell(words.say("copied"));
  }

  const plainName = (text) =>
    text
      .replace(/[^\w.-]+/g, "-")
      .replace(/^-+|-+$/g, "")
      .slice(0, 80) || "speechfair";

  /** The SVG with every colour written out, so that it looks the same without this page's style. */
  function standalone(figure) {
    const copyOf = figure.cloneNode(true);
    const sources = [figure, ...figure.querySelectorAll("*")];
    const targets = [copyOf, ...copyOf.querySelectorAll("*")];
    sources.forEach((source, i) => {
      const style = getComputedStyle(source);
      for (const name of [
        "fill",
        "stroke",
        "stroke-width",
        "font-size",
        "font-weight",
        "text-anchor",
        "opacity",
        "stroke-dasharray",
      ]) {
        const value = style.getPropertyValue(name);
        if (value) targets[i].setAttribute(name, value);
      }
      targets[i].removeAttribute("class");
    });
    const background = getComputedStyle(document.body).getPropertyValue("--card").trim() || "#fff";
    const [, , width, height] = figure.getAttribute("viewBox").split(" ");
    copyOf.prepend(root.Speechfair.svg("rect", { width, height, fill: background }));
    copyOf.setAttribute("width", width);
    copyOf.setAttribute("height", height);
    copyOf.setAttribute("font-family", "system-ui, sans-serif");
    copyOf.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    return new XMLSerializer().serializeToString(copyOf);
  }

  function saveSvg(figure, name) {
    save(plainName(name) + ".svg", new Blob([standalone(figure)], { type: "image/svg+xml" }));
  }

  function savePng(figure, name) {
    const [, , width, height] = figure.getAttribute("viewBox").split(" ").map(Number);
    const address = URL.createObjectURL(new Blob([standalone(figure)], { type: "image/svg+xml" }));
    const image = new Image();
    image.onload = () => {
      const canvas = root.Speechfair.el("canvas", { width: 2 * width, height: 2 * height });
      const brush = canvas.getContext("2d");
      brush.scale(2, 2);
      brush.drawImage(image, 0, 0, width, height);
      URL.revokeObjectURL(address);
      canvas.toBlob((blob) => save(plainName(name) + ".png", blob), "image/png");
    };
    image.src = address;
  }

  const saveCsv = (name, header, rows) =>
    save(plainName(name) + ".csv", new Blob([csv(header, rows)], { type: "text/csv;charset=utf-8" }));

  const exporting = { safeCell, csv, tabbed, copy, saveCsv, saveSvg, savePng, standalone };
  root.Speechfair = Object.assign(root.Speechfair || {}, { exporting });
  if (typeof module !== "undefined") module.exports = exporting;
})(typeof window === "undefined" ? globalThis : window);
