/* Where the data comes from: the server that `speechfair view` runs, or the files of a bundle. Both answer alike. */
(function (root) {
  "use strict";
  const { select, words } = root.Speechfair;
  const bundle = root.speechfairBundle || null; // set by a bundle's own first script

  async function asked(path, parameters) {
    const query = new URLSearchParams(parameters || {}).toString();
    const answer = await fetch("api/" + path + (query ? "?" + query : ""), {
      headers: { Accept: "application/json" },
    });
    let content;
    try {
      content = await answer.json();
    } catch {
      throw new Error(String(answer.status));
    }
    words.remember(content.said);
    if (!answer.ok) throw new Error(content.error || String(answer.status));
    return content;
  }

  const part = encodeURIComponent;
  let first = null;

  const served = {
    runs: () => (first = asked("runs")),
    known: () => first || (first = asked("runs")), // as they were last shown: names and groups for choices
    run: (key) => asked(`runs/${part(key)}`),
    group: (key, axis, value) => asked(`runs/${part(key)}/group`, { axis, value }),
    utterances: (key, query, offset, limit) =>
      asked(`runs/${part(key)}/utterances`, { ...query, offset, limit }),
    utterance: (key, row) => asked(`runs/${part(key)}/utterances/${row}`),
    wave: (key, row) => asked(`runs/${part(key)}/utterances/${row}/wave`),
    levels: (key, axis, value) => asked(`runs/${part(key)}/levels`, { axis, value }),
    change: (before, after) => asked(`compare/${part(before)}/${part(after)}`),
    audio: (key, row) => `api/runs/${part(key)}/utterances/${row}/audio.wav`,
    csv: (key, query) => `api/runs/${part(key)}/utterances.csv?` + new URLSearchParams(query).toString(),
  };

  // -- a bundle: scripts that hand over one piece of data each, since a page opened from a file may fetch nothing ----

  const loading = new Map();
  const arrived = new Map();
  root.speechfairData = (name, data) => {
    words.remember(data.said);
    arrived.set(name, data);
  };

  /** The data of one file of the bundle; file names are made by the bundle's writer and listed in its first script. */
  function load(name) {
    if (!loading.has(name)) {
      loading.set(
        name,
        new Promise((done, failed) => {
          const script = document.createElement("script");
          script.src = "data/" + name + ".js";
          script.onload = () => done(arrived.get(name));
          script.onerror = () => failed(new Error("data/" + name + ".js"));
          document.head.append(script);
        }),
      );
    }
    return loading.get(name);
  }

  function fileOf(kind, ...names) {
    const found = bundle.files[JSON.stringify([kind, ...names])];
    if (!found) throw new Error(root.Speechfair.words.say("bundle.lacks", { what: names.join(" · ") }));
    return found;
  }

  const tables = new Map();

  /** All utterances of a run as columns, put together from its pieces. */
  function table(key) {
    if (!tables.has(key)) {
      tables.set(
        key,
        (async () => {
          const pieces = await Promise.all(fileOf("utterances", key).map(load));
          const columns = { groups: {} };
          for (const piece of pieces) {
            for (const [name, values] of Object.entries(piece.columns))
              columns[name] = (columns[name] || []).concat(unpacked(values));
            for (const [axis, values] of Object.entries(piece.groups))
              columns.groups[axis] = (columns.groups[axis] || []).concat(unpacked(values));
          }
          columns.row = Array.from({ length: columns.id.length }, (_, i) => i);
          columns.errors = columns.row.map((i) =>
            columns.substitutions[i] === null
              ? null
              : columns.substitutions[i] + columns.deletions[i] + columns.insertions[i],
          );
          columns.rate = columns.row.map((i) =>
            columns.reference_length[i] > 0 ? columns.errors[i] / columns.reference_length[i] : null,
          );
          columns.tokens_per_s = columns.row.map((i) =>
            columns.duration_s[i] > 0 && columns.reference_length[i] !== null
              ? columns.reference_length[i] / columns.duration_s[i]
              : null,
          );
          return columns;
        })(),
      );
    }
    return tables.get(key);
  }

  /** A column of few different values comes as {values, at}. */
  const unpacked = (values) =>
    Array.isArray(values) ? values : values.at.map((i) => (i === null ? null : values.values[i]));

  async function withChange(columns, against) {
    const other = await table(against);
    const there = new Map(other.id.map((id, i) => [id, other.errors[i]]));
    const change = columns.id.map((id, i) => {
      const theirs = there.get(id),
        ours = columns.errors[i];
      return theirs === undefined || theirs === null || ours === null ? null : ours - theirs;
    });
    return { ...columns, change };
  }

  let last = { asked: null, rows: null, columns: null };
  async function chosen(key, query) {
    const name = JSON.stringify([key, Object.entries(query).sort()]);
    if (last.asked !== name) {
      let columns = await table(key);
      if (query.against) columns = await withChange(columns, query.against);
      last = { asked: name, rows: select.matching(columns, query), columns };
    }
    return last;
  }

  const COUNTS = [
    "substitutions",
    "deletions",
    "insertions",
    "reference_length",
    "errors",
    "rate",
    "failed",
    "runaway",
    "redone",
    "excluded",
    "duration_s",
    "tokens_per_s",
    "confidence",
  ];
  const LONGEST = 400;

  function rowOf(columns, i) {
    const row = {
      row: i,
      id: columns.id[i],
      speaker: columns.speaker[i],
      groups: {},
      change: columns.change ? columns.change[i] : undefined,
    };
    for (const name of COUNTS) row[name] = columns[name][i];
    for (const [axis, values] of Object.entries(columns.groups)) row.groups[axis] = values[i];
    const reference = columns.reference[i] || "",
      hypothesis = columns.hypothesis[i] || "";
    const cut = Math.max(reference.length, hypothesis.length) > LONGEST;
    if (cut)
      return {
        ...row,
        cut,
        codes: null,
        reference: reference.slice(0, LONGEST),
        hypothesis: hypothesis.slice(0, LONGEST),
      };
    return { ...row, cut, codes: columns.codes[i], ...tokensOf(columns, i) };
  }

  /** Both texts as tokens with a single space between them, which the edit codes count. */
  function tokensOf(columns, i) {
    const one = (name) =>
      columns[name + "_tokens"][i] === null ? columns[name][i] || "" : columns[name + "_tokens"][i];
    return { reference: one("reference"), hypothesis: one("hypothesis") };
  }

  /** What only the screen of one utterance shows. */
  async function detailsOf(key, row) {
    const piece = await load(fileOf("details", key)[Math.floor(row / bundle.piece)]);
    const at = row % bundle.piece,
      found = {};
    for (const [name, values] of Object.entries(piece.columns))
      found[name] = Array.isArray(values)
        ? values[at]
        : values.at[at] === null
          ? null
          : values.values[values.at[at]];
    return found;
  }

  async function utterance(key, row) {
    const columns = await table(key);
    const { models } = bundle;
    if (!(row < columns.id.length)) throw new Error(String(row));
    const answers = [],
      said = await detailsOf(key, row);
    for (const other of [key, ...Object.keys(models).filter((k) => k !== key)]) {
      const theirs = await table(other);
      if (other !== key && models[other].manifest !== models[key].manifest) continue; // other audio under the same ids
      const i = other === key ? row : theirs.id.indexOf(columns.id[row]);
      if (i < 0) continue;
      const more = other === key ? said : await detailsOf(other, i);
      const one = {
        key: other,
        row: i,
        model: models[other].model,
        normalizer: models[other].normalizer,
        unit: theirs.tokens ? theirs.tokens[i] : models[other].unit,
        verbatim: more.verbatim,
        error: more.error,
        rejected: more.rejected,
        codes: theirs.codes[i],
        ...tokensOf(theirs, i),
      };
      for (const name of COUNTS) one[name] = theirs[name][i];
      answers.push(one);
    }
    const file = bundle.audio[key] && bundle.audio[key][row];
    return {
      key,
      row,
      id: columns.id[row],
      speaker: columns.speaker[row],
      language: columns.language[row],
      labels: said.labels || [],
      text: said.text,
      duration_s: columns.duration_s[row],
      excluded: said.reason,
      audio_error: null,
      answers,
      listening: { allowed: Boolean(file), reason: file ? null : "bundle" },
    };
  }

  const filed = bundle && {
    runs: () => load(fileOf("runs")),
    known: () => load(fileOf("runs")),
    run: (key) => load(fileOf("run", key)),
    group: async (key, axis, value) => load(fileOf("group", key, axis, value)),
    utterances: async (key, query, offset, limit) => {
      const { rows, columns } = await chosen(key, query);
      return {
        total: rows.length,
        of: columns.row.length,
        offset,
        rows: rows.slice(offset, offset + limit).map((i) => rowOf(columns, i)),
      };
    },
    utterance,
    wave: async (key, row) => bundle.audio[key][row],
    levels: async (key, axis, value) => load(fileOf("levels", key, axis, value)),
    change: async (before, after) => {
      const found = await load(fileOf("change", before, after));
      if (found.error) throw new Error(found.error);
      return found;
    },
    audio: (key, row) => bundle.audio[key][row].file,
    csv: null,
    columns: ["row", "id", "speaker", "reference", "hypothesis", ...COUNTS],
    all: async (key, query) => {
      const { rows, columns } = await chosen(key, query);
      return rows.map((i) => rowOf(columns, i));
    },
  };

  root.Speechfair = Object.assign(root.Speechfair, { source: filed || served, bundle });
})(window);
