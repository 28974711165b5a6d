/* One utterance: what was said, what every model made of it, underneath each other, and how it sounds. */
(function (root) {
  "use strict";
  const { el, shown, cut, sentence, words, address, exporting, figures, source, edits, overview } =
    root.Speechfair;
  const MOST_TOKENS = 2000;

  async function utteranceScreen(view, key, row, asked) {
    const { say } = words;
    const found = await source.utterance(key, row);
    const query = address.queryOf(asked);
    view.title(found.id);
    view.trail([
      [say("runs.title"), view.link([])],
      [key, view.link(["run", key])],
      [say("utterances.title"), view.link(["run", key, "utterances"], query)],
      [found.id, null],
    ]);
    view.add(el("h1", { class: "id" }, cut(found.id, 120)));
    view.add(
      el(
        "div",
        { class: "links" },
        neighbours(view, key, asked, query),
        el(
          "button",
          { type: "button", class: "button", onclick: () => exporting.copy(location.href) },
          say("link.copy"),
        ),
      ),
    );
    view.add(facts(view, key, found), sound(view, key, row, found));
    if (found.excluded)
      view.add(
        el(
          "p",
          { class: "caution" },
          say("utterance.excluded"),
          " ",
          sentence(found.excluded, 300),
        ),
      );
    const verbatim = el(
      "section",
      {},
      el("h2", {}, say("utterance.reference")),
      el(
        "p",
        { class: "verbatim" },
        found.text === null ? el("i", {}, say("utterance.notext")) : cut(found.text, 1500),
      ),
    );
    view.add(
      verbatim,
      el(
        "section",
        { class: "answers" },
        el("h2", {}, say("utterance.answers", { n: found.answers.length })),
        found.answers.map((answer) => answerOf(view, answer, key)),
      ),
    );
    view.add(el("p", { class: "muted keys" }, say("keys.one")));
  }

  /** Links to the utterances before and after this one in the list it was opened from. */
  function neighbours(view, key, asked, query) {
    const { say } = words;
    if (asked.at === undefined) return null;
    const at = Math.max(0, Math.floor(Number(asked.at) || 0));
    const go = async (to) => {
      if (to < 0) return;
      const { rows } = await source.utterances(key, query, to, 1);
      if (rows.length)
        location.hash = view.link(["run", key, "utterance", String(rows[0].row)], {
          ...query,
          at: String(to),
        });
      else root.Speechfair.tell(say("utterance.last"));
    };
    view.keys({
      n: () => go(at + 1),
      p: () => go(at - 1),
      u: () => {
        location.hash = view.link(["run", key, "utterances"], query);
      },
      " ": toggle,
    });
    return [
      el(
        "button",
        { type: "button", class: "button", disabled: at === 0, onclick: () => go(at - 1) },
        say("page.before"),
      ),
      el("button", { type: "button", class: "button", onclick: () => go(at + 1) }, say("page.next")),
    ];
  }

  function toggle() {
    const player = document.querySelector("audio");
    if (player) player.paused ? player.play() : player.pause();
  }

  function facts(view, key, found) {
    const { say } = words;
    const item = (title, value) => el("div", {}, el("dt", {}, title), el("dd", {}, value));
    return el(
      "dl",
      { class: "facts" },
      item(
        say("column.speaker"),
        found.speaker === null
          ? say("speaker.none")
          : el(
              "a",
              { href: view.link(["run", key, "utterances"], { speaker: found.speaker }) },
              cut(found.speaker, 80),
            ),
      ),
      item(
        say("language"),
        found.language === null ? words.NOTHING : shown(overview.groupName("language", found.language)),
      ),
      item(say("column.duration_s"), words.seconds(found.duration_s)),
      found.labels.map((label) =>
        item(
          overview.axisTitle(label.axis),
          el(
            "span",
            {},
            cut(overview.groupName(label.axis, label.value), 80),
            " ",
            el("small", { class: "muted" }, say("source." + label.source)),
          ),
        ),
      ),
    );
  }

  function sound(view, key, row, found) {
    const { say } = words;
    const holder = el("section", { class: "sound" }, el("h2", {}, say("sound.title")));
    if (!found.listening.allowed) {
      holder.append(
        el(
          "p",
          { class: "muted" },
          say("sound.none"),
          " ",
          found.listening.reason === "bundle"
            ? say("sound.bundle")
            : sentence(found.listening.reason || found.audio_error || "", 400),
        ),
      );
      return holder;
    }
    const player = el("audio", { controls: true, preload: "none", "aria-label": say("sound.title") });
    player.src = source.audio(key, row);
    holder.append(player);
    if (root.Speechfair.bundle && root.Speechfair.bundle.permission)
      holder.append(
        el(
          "p",
          { class: "muted" },
          say("sound.permission", { who: root.Speechfair.plain(root.Speechfair.bundle.permission) }),
        ),
      );
    player.addEventListener("error", () => {
      if (!holder.querySelector(".failed"))
        holder.append(el("p", { class: "caution failed" }, say("sound.failed")));
    });
    source
      .wave(key, row)
      .then(({ peaks, spectrogram }) => {
        const wave = figures.waveform(peaks, say("sound.wave"));
        const spectra = root.Speechfair.spectrogram(spectrogram, found.duration_s, say("sound.spectrogram"));
        for (const drawing of [wave, spectra.drawing]) follow(player, drawing);
        holder.append(
          wave,
          saving(wave, found.id + "-waveform", ["stretch", "peak"], () => peaks.map((p, i) => [i, p])),
          el("p", { class: "muted" }, say("sound.spectrogram.read")),
          spectra.drawing,
          saving(spectra.drawing, found.id + "-spectrogram", ["s", "hz", "db"], spectra.rows),
        );
      })
      .catch((error) =>
        holder.append(el("p", { class: "caution" }, el("span", { lang: "en" }, error.message))),
      );
    return holder;
  }

  /** The line of a drawing goes with the sound, and a click goes to that place. */
  function follow(player, drawing) {
    const head = drawing.querySelector(".playhead");
    const { width } = drawing.viewBox.baseVal;
    player.addEventListener("timeupdate", () => {
      const at = player.duration ? (width * player.currentTime) / player.duration : 0;
      head.setAttribute("x1", at);
      head.setAttribute("x2", at);
    });
    drawing.addEventListener("click", (event) => {
      const box = drawing.getBoundingClientRect();
      const share = (event.clientX - box.left) / box.width;
      const jump = () => {
        player.currentTime = share * player.duration;
      };
      if (player.readyState > 0) jump();
      else {
        player.addEventListener("loadedmetadata", jump, { once: true });
        player.load();
      }
    });
  }

  /** What can be done with a drawing; rows gives its data. */
  function saving(drawing, name, header, rows) {
    const button = (text, onclick) => el("button", { type: "button", onclick }, text);
    return el(
      "div",
      { class: "tools" },
      button("SVG", () => exporting.saveSvg(drawing, name)),
      button("PNG", () => exporting.savePng(drawing, name)),
      button(words.say("figure.data"), () => exporting.saveCsv(name, header, rows())),
    );
  }

  function answerOf(view, answer, key) {
    const { say } = words;
    const link = view.link(["run", answer.key, "utterance", String(answer.row)]);
    const counts =
      answer.reference_length === null
        ? null
        : say("answer.counts", {
            errors: words.count(answer.errors),
            length: words.count(answer.reference_length),
            s: words.count(answer.substitutions),
            d: words.count(answer.deletions),
            i: words.count(answer.insertions),
            rate: words.percent(answer.rate),
          });
    const flags = ["failed", "runaway", "redone"].filter((name) => answer[name]);
    return el(
      "article",
      { class: "answer", "data-key": answer.key },
      el(
        "h3",
        {},
        answer.key === key ? shown(answer.model) : el("a", { href: link }, shown(answer.model)),
        el("small", { class: "muted" }, " ", shown(answer.key)),
      ),
      el(
        "p",
        { class: "counts" },
        counts,
        answer.confidence === null
          ? null
          : " · " + say("answer.confidence", { n: words.number(answer.confidence) }),
        flags.map((flag) => [" ", el("span", { class: "badge difference" }, say("kind." + flag))]),
      ),
      answer.error ? el("p", { class: "caution" }, sentence(answer.error, 400)) : null,
      grid(answer),
      el(
        "details",
        {},
        el("summary", {}, say("answer.verbatim")),
        el(
          "p",
          { class: "verbatim" },
          answer.verbatim === null ? el("i", {}, say("answer.failed")) : cut(answer.verbatim, 4000),
        ),
      ),
      answer.rejected === null || answer.rejected === undefined
        ? null
        : el(
            "details",
            {},
            el("summary", {}, say("answer.rejected")),
            el("p", { class: "verbatim" }, cut(answer.rejected, 2000)),
          ),
    );
  }

  /** Token under token: a pair of lines that break together. */
  function grid(answer) {
    const { say } = words;
    if (answer.codes === null || answer.codes === undefined)
      return el("div", {}, cut(answer.reference, 2000), el("br"), cut(answer.hypothesis, 2000));
    const cells = [];
    let left = MOST_TOKENS;
    for (const piece of edits(answer)) {
      const n = Math.max(piece.reference.length, piece.hypothesis.length);
      for (let i = 0; i < n && left > 0; i += 1, left -= 1) {
        const side = (tokens) =>
          i < tokens.length ? cut(tokens[i], 200) : el("span", { "aria-hidden": "true" }, "∗");
        cells.push(
          el(
            "li",
            { class: "edit e" + (piece.kind === "=" ? "q" : piece.kind) },
            el("span", { class: "r" }, side(piece.reference)),
            el("span", { class: "h" }, side(piece.hypothesis)),
            piece.kind === "=" ? null : el("span", { class: "vh" }, " (" + say("edit." + piece.kind) + ")"),
          ),
        );
      }
    }
    return el(
      "div",
      { class: "aligned" },
      el("ol", { "aria-label": say("answer.aligned") }, cells),
      left > 0 ? null : el("p", { class: "muted" }, say("answer.cut", { n: words.count(MOST_TOKENS) })),
    );
  }

  root.Speechfair = Object.assign(root.Speechfair, { utteranceScreen });
})(window);
