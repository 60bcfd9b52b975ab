// The odds of the next sample under a temperature, and draws from them.
(() => {
  "use strict";
  const odds = EXPLAINED.odds;
  if (!odds) return;
  const COLOURS = { ink: "#1d1c1a", muted: "#625d54", line: "#d9d3c5", accent: "#9a3412", soft: "#e9cdbd" };
  const canvas = document.getElementById("odds-graph");
  const slider = document.getElementById("odds-temperature");
  const shown = document.getElementById("odds-value");
  const says = document.getElementById("odds-says");
  const choice = document.getElementById("odds-moment");
  const count = odds.heights.length;
  odds.moments.forEach((moment, index) => choice.add(new Option(moment.said, index)));

  function tempered(log, temperature) {
    const scaled = log.map((value) => value / temperature);
    const most = Math.max(...scaled);
    const raised = scaled.map((value) => Math.exp(value - most));
    const sum = raised.reduce((a, b) => a + b, 0);
    return raised.map((value) => value / sum);
  }

  // The same chances, the same draws: inverse cumulative distribution, as a voice does it.
  function drawn(chances) {
    const hits = new Array(count).fill(0);
    const ladder = [];
    let sum = 0;
    for (const chance of chances) ladder.push((sum += chance));
    for (const chance of odds.chances) {
      const rung = ladder.findIndex((step) => step > chance * sum);
      hits[rung < 0 ? count - 1 : rung]++;
    }
    return hits;
  }

  function draw() {
    const moment = odds.moments[Number(choice.value) || 0];
    const temperature = Number(slider.value);
    const plain = tempered(moment.log, 1), now = tempered(moment.log, temperature);
    const hits = drawn(now);
    const scale = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = parseFloat(canvas.style.height);
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    // Only the codes that matter, or a narrow peak would be one line in the middle.
    const matter = plain.map((p, i) => Math.max(p, now[i]) > 1e-3 || i === moment.true);
    const first = Math.max(0, matter.indexOf(true) - 6);
    const last = Math.min(count - 1, matter.lastIndexOf(true) + 6);
    const each = (width - 12) / (last - first + 1);
    const floor = height - 66, top = Math.max(...plain, ...now);
    const x = (code) => 6 + (code - first) * each;
    const y = (p) => floor - (p / top) * (floor - 12);
    pen.fillStyle = COLOURS.soft;
    for (let i = first; i <= last; i++) pen.fillRect(x(i), y(now[i]), Math.max(1, each - 0.5), floor - y(now[i]));
    pen.strokeStyle = COLOURS.muted;
    pen.beginPath();
    for (let i = first; i <= last; i++) pen.lineTo(x(i) + each / 2, y(plain[i]));
    pen.stroke();
    const most = Math.max(1, ...hits);
    pen.fillStyle = COLOURS.accent;
    for (let i = first; i <= last; i++) pen.fillRect(x(i), floor + 6, Math.max(1, each - 0.5), (hits[i] / most) * 26);
    pen.fillStyle = COLOURS.ink;
    pen.fillRect(x(moment.true) + each / 2 - 1, 6, 2, floor - 6);
    pen.font = "11px system-ui, sans-serif";
    const side = x(moment.true) > width / 2;
    pen.textAlign = side ? "right" : "left";
    pen.fillText("what came", x(moment.true) + (side ? -4 : each + 4), 14);
    ticks(pen, x, each, first, last, floor + 48, width);
    tell(moment, now, temperature);
  }

  function ticks(pen, x, each, first, last, at, width) {
    pen.fillStyle = COLOURS.muted;
    pen.textAlign = "center";
    const every = Math.max(1, Math.ceil(((last - first) * 70) / width));
    for (let i = first + Math.floor(every / 2); i <= last; i += every) {
      const place = Math.max(20, Math.min(width - 20, x(i) + each / 2));
      pen.fillText(odds.heights[i].toPrecision(2), place, at);
    }
    pen.fillText("height of the sample", width / 2, at + 15);
  }

  function tell(moment, chances, temperature) {
    const bits = -chances.reduce((sum, p) => sum + (p > 0 ? p * Math.log2(p) : 0), 0);
    const best = Math.max(...chances);
    shown.textContent = temperature.toFixed(2);
    says.textContent =
      `At temperature ${temperature.toFixed(2)}: ${bits.toFixed(2)} bits of freedom; the likeliest code has ` +
      `${(100 * best).toFixed(1)}%, the one that came ${(100 * chances[moment.true]).toFixed(2)}%. ` +
      "The line is temperature 1.";
  }

  slider.addEventListener("input", draw);
  choice.addEventListener("change", draw);
  new ResizeObserver(draw).observe(canvas);
  draw();
})();
