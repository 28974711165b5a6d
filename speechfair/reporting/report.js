(function () {
  "use strict";
  function key(cell) {
    var text = cell.getAttribute("data-sort");
    if (text === null || text === "") return null;
    var number = Number(text);
    return Number.isNaN(number) ? text : number;
  }
  function compare(a, b, sign) {
    // A missing number stays at the end whichever way the column is sorted.
    if (a === null || b === null) return (a === null) - (b === null);
    if (typeof a === "number" && typeof b === "number") return sign * (a - b);
    return sign * String(a).localeCompare(String(b), undefined, { numeric: true });
  }
  document.querySelectorAll("table.sortable").forEach(function (table) {
    var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      head.querySelector("button").addEventListener("click", function () {
        var falling = head.getAttribute("aria-sort") === "descending" || (column === 0 && !head.hasAttribute("aria-sort"));
        heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", falling ? "ascending" : "descending");
        var rows = Array.prototype.slice.call(table.tBodies[0].rows);
        rows.sort(function (a, b) { return compare(key(a.cells[column]), key(b.cells[column]), falling ? 1 : -1); });
        rows.forEach(function (row) { table.tBodies[0].appendChild(row); });
      });
    });
  });
  // Paper cannot be opened: tables that are folded in are printed, the endless texts are not.
  var unfolded = [];
  window.addEventListener("beforeprint", function () {
    unfolded = Array.prototype.slice.call(document.querySelectorAll("details:not([open]):not(.long)"));
    unfolded.forEach(function (details) { details.open = true; });
  });
  window.addEventListener("afterprint", function () {
    unfolded.forEach(function (details) { details.open = false; });
  });
  var filter = document.getElementById("filter");
  if (!filter) return;
  var items = Array.prototype.slice.call(document.querySelectorAll(".utt"));
  var shown = document.getElementById("shown");
  filter.addEventListener("change", function () {
    var wanted = filter.value ? JSON.parse(filter.value) : null;
    var count = 0;
    items.forEach(function (item) {
      var labels = JSON.parse(item.getAttribute("data-labels"));
      var fits = !wanted || labels.some(function (l) { return l[0] === wanted[0] && l[1] === wanted[1]; });
      item.hidden = !fits;
      count += fits ? 1 : 0;
    });
    shown.textContent = wanted
      ? shown.getAttribute("data-said").replace("{n}", count).replace("{all}", items.length)
      : "";
  });
})();
