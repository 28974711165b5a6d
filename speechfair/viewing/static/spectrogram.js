/* A spectrogram as an SVG that holds a picture: time to the right, frequency up, dark where there is much power. */
(function (root) {
  "use strict";
  const { el, svg } = root.Speechfair;
  const HEIGHT = 150,
    FLOOR_DB = 70;

  const round = (n) => Math.round(1000 * n) / 1000;

  /** The ink of the page as numbers of red, green and blue. */
  function ink() {
    const probe = el("span", { class: "ink" });
    document.body.append(probe);
    const found = getComputedStyle(probe).color.match(/\d+/g).slice(0, 3).map(Number);
    probe.remove();
    return found;
  }

  /** found: {bands, frames, top_hz, levels}, levels in base64, frame by frame; seconds: length of the audio. */
  function spectrogram(found, seconds, label) {
    const { bands, frames, top_hz: top } = found;
    const width = window.innerWidth < 560 ? 340 : 800;
    const levels = Uint8Array.from(atob(found.levels), (c) => c.charCodeAt(0));
    const canvas = el("canvas", { width: frames, height: bands });
    const brush = canvas.getContext("2d");
    const picture = brush.createImageData(frames, bands);
    const [red, green, blue] = ink();
    for (let frame = 0; frame < frames; frame += 1)
      for (let band = 0; band < bands; band += 1)
        picture.data.set(
          [red, green, blue, levels[frame * bands + band]],
          4 * ((bands - 1 - band) * frames + frame),
        );
    brush.putImageData(picture, 0, 0);
    const drawing = svg(
      "svg",
      { class: "chart wave", viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": label },
      svg("image", {
        href: canvas.toDataURL("image/png"),
        width,
        height: HEIGHT,
        preserveAspectRatio: "none",
      }),
    );
    for (let khz = 2; khz * 1000 < top; khz += 2) {
      const y = HEIGHT * (1 - (1000 * khz) / top);
      drawing.append(
        svg("line", { class: "grid", x1: 0, x2: width, y1: y, y2: y }),
        svg("text", { class: "tick", x: 4, y: y - 3 }, `${khz} kHz`),
      );
    }
    drawing.append(svg("line", { class: "playhead", x1: 0, x2: 0, y1: 0, y2: HEIGHT }));
    const rows = () =>
      Array.from(levels, (level, i) => [
        round(((Math.floor(i / bands) + 0.5) * (seconds || 0)) / frames),
        ((i % bands) + 0.5) * (top / bands),
        round((level / 255 - 1) * FLOOR_DB),
      ]);
    return { drawing, rows };
  }

  root.Speechfair = Object.assign(root.Speechfair, { spectrogram });
})(window);
