/* From the address to a screen, and back: every state is in the address. */
(function (root) {
  "use strict";
  const S = root.Speechfair;
  const { el, words, address } = S;
  const main = document.getElementById("main"),
    bar = document.getElementById("bar"),
    foot = document.getElementById("foot");
  let keys = {},
    turn = 0,
    lastScreen = "",
    shownView = null;

  /** What a screen draws with: a page that is only shown when it is whole, and only if it is still wanted. */
  function newView(asked) {
    const page = el("div", { class: "page" });
    const view = {
      page,
      heading: "speechfair",
      shortcuts: {},
      crumbs: null,
      title(text) {
        view.heading = S.plain(text).slice(0, 80) + " – speechfair";
      },
      add(...nodes) {
        for (const node of nodes.flat(Infinity)) if (node) page.append(node);
      },
      link: (parts, more) => address.link(parts, more, asked),
      keys(found) {
        view.shortcuts = found;
      },
      trail(parts) {
        view.crumbs = parts;
      },
      took(started) {
        page.dataset.ms = String(Math.round(performance.now() - started));
      },
    };
    return view;
  }

  function screenOf(parts, asked) {
    const [first, key, what, row] = parts;
    if (!first) return (view) => S.runsScreen(view);
    if (first === "compare" && asked.before && asked.after) return (view) => S.compareScreen(view, asked);
    if (first === "run" && key && !what) return (view) => S.runScreen(view, key);
    if (first === "run" && what === "group" && asked.axis !== undefined && asked.value !== undefined)
      return (view) => S.groupScreen(view, key, asked);
    if (first === "run" && what === "utterances") return (view) => S.utterancesScreen(view, key, asked);
    if (first === "run" && what === "utterance" && /^\d+$/.test(row || ""))
      return (view) => S.utteranceScreen(view, key, Number(row), asked);
    return null;
  }

  async function show() {
    const mine = (turn += 1);
    const { parts, asked } = address.parse(location.hash);
    document.documentElement.lang = words.setLanguage(asked.lang || "en");
    document.documentElement.dataset.theme = ["light", "dark"].includes(asked.theme) ? asked.theme : "";
    const view = newView(asked);
    const draw = screenOf(parts, asked);
    main.setAttribute("aria-busy", "true");
    const waiting = setTimeout(() => {
      if (mine === turn) S.tell(words.say("loading"));
    }, 600);
    try {
      if (!draw) throw new Error(words.say("address.unknown"));
      await draw(view);
    } catch (error) {
      view.page.replaceChildren();
      view.add(
        el("h1", {}, words.say("problem")),
        el("div", { class: "problem", role: "alert" }, S.errorText(error.message)),
        el("p", {}, el("a", { href: view.link([]) }, words.say("runs.title"))),
      );
    }
    clearTimeout(waiting);
    if (mine !== turn) return;
    S.hush(words.say("loading"));
    shownView = view;
    frame(view, parts, asked);
    const focused = document.activeElement && document.activeElement.id,
      caret = document.activeElement && document.activeElement.selectionStart;
    view.page.dataset.at = location.hash;
    main.replaceChildren(view.page);
    main.setAttribute("aria-busy", "false");
    document.title = view.heading;
    keys = view.shortcuts;
    const screen = parts.join("/");
    const again = focused && focused !== "main" && document.getElementById(focused);
    if (again && main.contains(again)) {
      again.focus();
      try {
        again.setSelectionRange(caret, caret);
      } catch {
        /* not a text field */
      }
    } else if (screen !== lastScreen && lastScreen !== "") {
      main.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
    lastScreen = screen || "/";
  }

  /** Put one more part of the state into the address without drawing the screen again. */
  S.remember = (name, value) => {
    const { parts, asked } = address.parse(location.hash);
    const now = { ...asked, [name]: value };
    history.replaceState(null, "", address.link(parts, now, null));
    shownView.page.dataset.at = location.hash;
    frame(shownView, parts, now);
  };

  /** The bar on top: where we are, language and theme. */
  function frame(view, parts, asked) {
    const { say } = words;
    document.getElementById("skip").textContent = say("skip");
    const here = (more) => address.link(parts, { ...asked, ...more }, null);
    const choice = (name, value, text, now, lang) =>
      el("a", { href: here({ [name]: value }), "aria-current": now ? "true" : null, lang }, text);
    const crumbs = view.crumbs || [[say("runs.title"), null]];
    bar.replaceChildren(
      el(
        "div",
        { class: "inner" },
        el(
          "nav",
          { "aria-label": say("trail"), class: "trail" },
          el(
            "ol",
            {},
            crumbs.map(([text, href]) =>
              el(
                "li",
                {},
                href
                  ? el("a", { href }, S.cut(text, 40))
                  : el("span", { "aria-current": "page" }, S.plain(text).slice(0, 40)),
              ),
            ),
          ),
        ),
        el(
          "nav",
          { "aria-label": say("settings"), class: "settings" },
          choice("lang", "en", "English", words.language() === "en", "en"),
          choice("lang", "ja", "日本語", words.language() === "ja", "ja"),
          choice("theme", "light", say("theme.light"), asked.theme === "light"),
          choice("theme", "dark", say("theme.dark"), asked.theme === "dark"),
          choice("theme", "", say("theme.auto"), !asked.theme),
        ),
      ),
    );
    foot.replaceChildren(el("p", {}, say(S.bundle ? "foot.bundle" : "foot.served")));
  }

  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea"))
      return;
    if (event.key === " " && event.target.closest("button, audio, summary, a")) return;
    const action = keys[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  });
  window.addEventListener("hashchange", show);
  show();
})(window);
