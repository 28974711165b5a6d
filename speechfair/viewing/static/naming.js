/* How axes, groups, rates and estimates are named and written, alike on every screen. */
(function (root) {
  "use strict";
  const { el, words } = root.Speechfair;

  /** An axis in words: those that many corpora have in the language of the page, others as they are named. */
  const axisTitle = (axis) =>
    axis
      .split("+")
      .map((part) =>
        words.known("axis." + part)
          ? words.say("axis." + part)
          : root.Speechfair.plain(part).replace(/_/g, " "),
      )
      .join(" + ");
  const OF_LANGUAGES = ["first_language", "native_language", "language", "l1"];

  const namesIn = {};
  /** Names of languages in the language of the page; made once, as that takes longer than a row of a table. */
  const languageNames = () =>
    (namesIn[words.language()] ||= new Intl.DisplayNames([words.language()], { type: "language" }));

  /** A group in words: a language code of an axis of languages with the language's name. */
  function groupName(axis, value) {
    const axes = axis.split("+"),
      values = value.split("+");
    if (axes.length !== values.length) return value;
    return values
      .map((one, i) => {
        if (one === "unknown" || (["gender", "sex", "age_band"].includes(axes[i]) && words.known("value." + one)))
          return words.say("value." + one);
        if (!OF_LANGUAGES.includes(axes[i]) || !/^[a-z]{3}$/.test(one)) return one;
        const name = languageNames().of(one);
        return name && name.toLowerCase() !== one ? `${name} (${one})` : one;
      })
      .join(" + ");
  }

  const rateTitle = (tokens) => words.say("rate." + (words.known("rate." + tokens) ? tokens : "other"));

  const rateName = (tokens) =>
    words.say("ratename." + (words.known("ratename." + tokens) ? tokens : "other"));

  /** A number with its interval below; the reason where there is none. */
  function estimate(found, unit) {
    if (!found) return words.NOTHING;
    const text = words.worded(found.value, unit) + (unit === "ratio" && found.value !== null ? "×" : "");
    const limits = words.interval(found, unit);
    const reason = limits ? null : found.reason;
    return el(
      "span",
      { class: "estimate" },
      text,
      limits ? el("span", { class: "limits" }, " ", limits) : null,
      reason
        ? el(
            "span",
            {
              class: "why",
              title: words.recorded(reason) ?? reason,
              lang: words.recorded(reason) === null ? "en" : null,
              tabindex: "0",
              role: "note",
              "aria-label": words.recorded(reason) ?? reason,
            },
            " ?",
          )
        : null,
    );
  }

  const verdictBadge = (verdict) =>
    el("span", { class: "badge " + verdict }, words.say("verdict." + verdict));

  const overview = { estimate, axisTitle, groupName, rateTitle, rateName, verdictBadge };
  root.Speechfair = Object.assign(root.Speechfair, { overview });
})(window);
