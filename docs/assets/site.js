// Names the search dialog, and lets the keyboard scroll tables and code that are wider than the screen.
document.addEventListener("DOMContentLoaded", () => {
  const japanese = document.documentElement.lang === "ja";
  document.querySelector("[data-md-component=search]")?.setAttribute("aria-label", japanese ? "検索" : "Search");
  for (const node of document.querySelectorAll(".md-typeset__scrollwrap, .highlight code")) node.tabIndex = 0;
});
