/* Sentences from the catalogue, and numbers as speechfair.wording writes them. No DOM here. */
(function (root) {
  "use strict";
  const NOTHING = "–";
  const DECIMALS = { percent: 1, points: 1, ratio: 2, number: 2 };
  const MOST = { percent: 1000, points: 1000, ratio: 100, number: 1e6 };
  let language = "en";

  function setLanguage(wanted) {
    language = root.speechfairMessages && root.speechfairMessages[wanted] ? wanted : "en";
    return language;
  }

  /** The sentence of a key, its {names} filled in. A key without a sentence is a fault and shows itself. */
  function say(key, values) {
    const all = root.speechfairMessages || {};
    const text = (all[language] || {})[key];
    if (text === undefined) return "[" + key + "]";
    return text.replace(/\{(\w+)\}/g, (whole, name) =>
      values && name in values ? String(values[name]) : whole,
    );
  }

  function known(key) {
    return ((root.speechfairMessages || {})[language] || {})[key] !== undefined;
  }

  const recordedSaid = {};

  /** Keep the translations that came with an answer. */
  function remember(said) {
    for (const [name, texts] of Object.entries(said || {}))
      recordedSaid[name] = Object.assign(recordedSaid[name] || {}, texts);
  }

  /** A sentence of a result in the language of the page, with names for codes; null where only its English is there. */
  const recorded = (text) => (recordedSaid[language] || {})[text] ?? (language === "en" ? text : null);

  function grouped(text) {
    const [whole, rest] = text.split(".");
    const sign = /^[+-]/.test(whole) ? whole[0] : "";
    const digits = sign ? whole.slice(1) : whole;
    const commas = digits.replace(/\B(?=(\d{3})+$)/g, ",");
    return sign + commas + (rest === undefined ? "" : "." + rest);
  }

  /** toFixed as Python rounds: half to even on the exact binary value, never -0. */
  function fixed(value, places) {
    let text = exactFixed(value, places);
    if (/^-0(\.0*)?$/.test(text)) text = text.slice(1);
    return text;
  }

  function exactFixed(value, places) {
    // toFixed already rounds the exact binary value, but ties away from zero; a tie is exact only where this is whole
    const scaled = Math.abs(value) * 10 ** places * 2;
    const tie = Number.isInteger(scaled) && scaled % 2 === 1 && scaled / 2 / 10 ** places === Math.abs(value);
    if (!tie) return value.toFixed(places);
    const exact = Number.isInteger(value * 2 ** 20); // a tie that is one in binary too
    if (!exact) return value.toFixed(places);
    const down = Math.floor(scaled / 2);
    const even = down % 2 === 0 ? down : down + 1;
    return ((value < 0 ? -1 : 1) * (even / 10 ** places)).toFixed(places);
  }

  function threeDigits(shown, decimals, sign) {
    const plus = (text) => (sign && !text.startsWith("-") ? "+" + text : text);
    for (let places = decimals; places > 0; places -= 1) {
      const text = plus(fixed(shown, places));
      const digits = text.replace(/^[+\-0.]+/, "").replace(/\D/g, "");
      if (digits.length <= 3) return text;
    }
    return plus(grouped(fixed(shown, 0)));
  }

  function decimalsOf(shown, unit) {
    if (unit !== "number" || shown === 0) return DECIMALS[unit];
    return Math.min(6, Math.max(2, 1 - Math.floor(Math.log10(Math.abs(shown)))));
  }

  function worded(value, unit, decimals) {
    unit = unit || "number";
    if (value === null || value === undefined || Number.isNaN(value)) return NOTHING;
    const shown = unit === "percent" || unit === "points" ? 100 * value : value;
    const most = MOST[unit];
    if (Math.abs(shown) > most) {
      return say(shown > 0 ? "number.over" : "number.under", {
        n: grouped(fixed(Math.sign(shown) * most, 0)),
      });
    }
    return threeDigits(shown, decimals === undefined ? decimalsOf(shown, unit) : decimals, unit === "points");
  }

  const percent = (value) => worded(value, "percent");
  const points = (value) => worded(value, "points");
  const times = (value) => {
    const text = worded(value, "ratio");
    return text === NOTHING ? text : text + "×";
  };
  const number = (value) => worded(value, "number");
  const count = (value) => (value === null || value === undefined ? NOTHING : grouped(String(value)));

  function pValue(value) {
    if (value === null || value === undefined || Number.isNaN(value)) return "p " + NOTHING;
    if (value < 0.001) return "p < 0.001";
    return "p = " + fixed(value, value < 0.0995 ? 3 : 2);
  }

  function interval(estimate, unit) {
    if (!estimate || estimate.low === null || estimate.low === undefined) return null;
    const places =
      unit === "number" && estimate.value !== null ? decimalsOf(estimate.value, unit) : undefined;
    return "[" + worded(estimate.low, unit, places) + ", " + worded(estimate.high, unit, places) + "]";
  }

  const seconds = (value) =>
    value === null || value === undefined ? NOTHING : say("number.seconds", { n: fixed(value, 1) });

  const words = {
    NOTHING,
    setLanguage,
    say,
    known,
    remember,
    recorded,
    worded,
    percent,
    points,
    times,
    number,
    count,
    pValue,
    interval,
    seconds,
    fixed,
    language: () => language,
  };
  root.Speechfair = Object.assign(root.Speechfair || {}, { words });
  if (typeof module !== "undefined") module.exports = words;
})(typeof window === "undefined" ? globalThis : window);
