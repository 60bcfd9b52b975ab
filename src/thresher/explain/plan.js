// The plan of a network to play with: pick a predicted sample, see what reaches it.
(() => {
  "use strict";
  const plan = EXPLAINED.plan;
  if (!plan) return;
  const COLOURS = { ink: "#1d1c1a", muted: "#625d54", line: "#d9d3c5", accent: "#9a3412", soft: "#e9cdbd" };
  const EDGES = 3000; // more lines than this are a grey field
  const graph = document.getElementById("plan-graph");
  const wave = document.getElementById("plan-wave");
  const says = document.getElementById("plan-says");
  const bytes = Uint8Array.from(atob(plan.wave), (c) => c.charCodeAt(0));
  const samples = new Int8Array(bytes.buffer);
  const total = samples.length;
  const top = plan.rows.length - 1;
  const slowest = Math.max(...plan.rows.map((row) => row.step));
  const memory = plan.rows.some((row, i) => row.reads.some((r) => r[0] === i));
  let picked = Math.floor(total * 0.8);
  let span = Math.min(total, Math.max(16, plan.span));

  const floorTo = (time, step) => Math.floor(time / step) * step;

  // Which nodes reach the picked sample, row by row, inside the window [from, picked].
  function reached(from) {
    const width = picked - from + 1;
    const marks = plan.rows.map(() => new Uint8Array(width));
    marks[top][width - 1] = 1;
    for (let i = top; i > 0; i--) {
      const { step, reads } = plan.rows[i];
      // Newest first, so that a row's memory of itself is followed all the way back.
      for (let at = floorTo(picked, step); at >= from; at -= step) {
        if (at - from >= width || !marks[i][at - from]) continue;
        for (const [row, newest, spacing, count] of reads) {
          for (let k = 0; k < count; k++) {
            const time = floorTo(at - newest - k * spacing, plan.rows[row].step);
            if (time < from) break;
            marks[row][time - from] = 1;
          }
        }
      }
    }
    return marks;
  }

  function fit(canvas) {
    const scale = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = parseFloat(canvas.style.height);
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = "11px system-ui, sans-serif";
    return { pen, width, height };
  }

  function view() {
    const right = Math.min(total, Math.max(span, picked + Math.ceil(span * 0.08) + 1));
    return { left: right - span, right };
  }

  function drawGraph() {
    const { pen, width, height } = fit(graph);
    const { left, right } = view();
    const gutter = Math.min(110, Math.max(74, width * 0.16));
    const floor = height - 84; // the wave lies below
    const gap = (floor - 22) / top;
    const x = (time) => gutter + ((time - left + 0.5) * (width - gutter - 6)) / span;
    const y = (row) => floor - row * gap;
    const each = (width - gutter - 6) / span;
    const marks = reached(left);
    let nodes = 0, edges = 0;
    for (let i = 1; i <= top; i++) {
      const fan = plan.rows[i].reads.reduce((n, r) => n + r[3], 0);
      for (const mark of marks[i]) if (mark) { nodes++; edges += fan; }
    }
    drawBack(pen, x, y, each, left, right);
    if (edges <= EDGES) drawEdges(pen, x, y, marks, left);
    drawNodes(pen, x, y, marks, left, each);
    drawNames(pen, y, gap, gutter);
    drawStrip(pen, x, floor + 44, 32, left, right, marks[0], each);
    return { marks, left };
  }

  function drawBack(pen, x, y, each, left, right) {
    pen.fillStyle = COLOURS.line;
    plan.rows.forEach((row, i) => {
      if (each * row.step < 5) return;
      const first = Math.ceil(left / row.step) * row.step;
      for (let time = first; time < right; time += row.step) {
        pen.beginPath();
        pen.arc(x(time), y(i), 2, 0, 7);
        pen.fill();
      }
    });
  }

  function drawEdges(pen, x, y, marks, left) {
    pen.strokeStyle = COLOURS.soft;
    pen.lineWidth = 1;
    pen.beginPath();
    for (let i = 1; i <= top; i++) {
      marks[i].forEach((mark, place) => {
        if (!mark) return;
        for (const [row, newest, spacing, count] of plan.rows[i].reads) {
          for (let k = 0; k < count; k++) {
            const time = floorTo(left + place - newest - k * spacing, plan.rows[row].step);
            if (time < left) break;
            pen.moveTo(x(left + place), y(i));
            if (row === i) pen.quadraticCurveTo((x(left + place) + x(time)) / 2, y(i) - 16, x(time), y(i));
            else pen.lineTo(x(time), y(row));
          }
        }
      });
    }
    pen.stroke();
  }

  function drawNodes(pen, x, y, marks, left, each) {
    marks.forEach((row, i) => {
      pen.fillStyle = i === 0 ? COLOURS.ink : COLOURS.accent;
      const step = plan.rows[i].step;
      const size = Math.max(1.2, Math.min(6, each * step * 0.6));
      row.forEach((mark, place) => {
        if (mark) pen.fillRect(x(left + place) - size / 2, y(i) - size / 2, size, size);
      });
    });
    pen.fillStyle = COLOURS.accent;
    pen.beginPath();
    pen.arc(x(picked), y(top), 5, 0, 7);
    pen.fill();
  }

  function drawNames(pen, y, gap, gutter) {
    const every = Math.max(1, Math.ceil(13 / gap));
    pen.fillStyle = COLOURS.muted;
    pen.textBaseline = "middle";
    plan.rows.forEach((row, i) => {
      const last = i === top || i === 0;
      const near = i < every || top - i < every;
      if (last || (i % every === 0 && !near)) pen.fillText(row.name, 4, y(i), gutter - 10);
    });
  }

  // The wave at the pace of the nodes, what is heard of it in colour.
  function drawStrip(pen, x, middle, half, left, right, heard, each) {
    const wide = Math.max(1, Math.ceil(1 / each));
    for (let time = left; time < right; time += wide) {
      let low = 127, high = -127, marked = false;
      for (let k = time; k < Math.min(time + wide, right); k++) {
        low = Math.min(low, samples[k]);
        high = Math.max(high, samples[k]);
        if (k <= picked && heard[k - left]) marked = true;
      }
      pen.fillStyle = time === picked ? COLOURS.ink : marked ? COLOURS.accent : COLOURS.line;
      const from = wide > 1 ? low : Math.min(0, low), to = wide > 1 ? high : Math.max(0, high);
      const tall = Math.max(1, ((to - from) * half) / 127);
      pen.fillRect(x(time) - each / 2, middle - (to * half) / 127, Math.max(1, each * wide * 0.8), tall);
    }
  }

  function drawWave(marks, left) {
    const { pen, width, height } = fit(wave);
    const x = (time) => (time * width) / total;
    const oldest = plan.reach === null ? 0 : Math.max(0, picked - plan.reach);
    pen.fillStyle = "#f6e7de";
    pen.fillRect(x(oldest), 0, x(picked) - x(oldest), height);
    for (let column = 0; column < width; column++) {
      const from = Math.floor((column * total) / width);
      const to = Math.max(from + 1, Math.floor(((column + 1) * total) / width));
      let low = 127, high = -127;
      for (let k = from; k < to; k++) { low = Math.min(low, samples[k]); high = Math.max(high, samples[k]); }
      pen.fillStyle = from >= oldest && from < picked ? COLOURS.accent : COLOURS.muted;
      const middle = height / 2, half = height / 2 - 4;
      pen.fillRect(column, middle - (high * half) / 127, 1, Math.max(1, ((high - low) * half) / 127));
    }
    pen.fillStyle = COLOURS.ink;
    pen.fillRect(x(picked) - 1, 0, 2, height);
  }

  const ms = (n) => {
    const value = (n / plan.rate) * 1000;
    return value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(value < 10 ? 2 : 0)} ms`;
  };

  function tell(marks) {
    const inputs = marks[0].reduce((n, mark) => n + mark, 0);
    const where = `Sample ${picked.toLocaleString("en")} (${ms(picked)})`;
    const whole = plan.reach === null
      ? "everything before it reaches it through memory"
      : `${plan.reach.toLocaleString("en")} samples (${ms(plan.reach)}) reach it`;
    const text = `${where}: ${whole}; ${inputs.toLocaleString("en")} of the ${span.toLocaleString("en")} in view (${ms(span)}).`;
    says.textContent = text;
    graph.setAttribute("aria-valuenow", picked);
    graph.setAttribute("aria-valuemin", 0);
    graph.setAttribute("aria-valuemax", total - 1);
    graph.setAttribute("aria-valuetext", text);
  }

  let waiting = false;
  function draw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      const { marks, left } = drawGraph();
      drawWave(marks, left);
      tell(marks);
    });
  }

  function pick(time) {
    picked = Math.max(slowest, Math.min(total - 1, Math.round(time)));
    draw();
  }

  function zoom(factor) {
    span = Math.round(Math.max(16, Math.min(total, span * factor)));
    draw();
  }

  graph.addEventListener("pointerdown", (event) => {
    const box = graph.getBoundingClientRect();
    const gutter = Math.min(110, Math.max(74, box.width * 0.16));
    const { left } = view();
    pick(left + ((event.clientX - box.left - gutter) / (box.width - gutter - 6)) * span - 0.5);
  });
  const drag = (event) => {
    if (event.type === "pointermove" && !event.buttons) return;
    const box = wave.getBoundingClientRect();
    pick(((event.clientX - box.left) / box.width) * total);
  };
  wave.addEventListener("pointerdown", drag);
  wave.addEventListener("pointermove", drag);
  graph.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? Math.max(1, Math.round(span / 10)) : 1;
    const acts = {
      ArrowLeft: () => pick(picked - step),
      ArrowRight: () => pick(picked + step),
      ArrowUp: () => zoom(1 / 1.5),
      ArrowDown: () => zoom(1.5),
      Home: () => pick(0),
      End: () => pick(total - 1),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  });
  const far = () => Math.max(1, Math.round(span / 30));
  document.getElementById("plan-back").addEventListener("click", () => pick(picked - far()));
  document.getElementById("plan-on").addEventListener("click", () => pick(picked + far()));
  document.getElementById("plan-out").addEventListener("click", () => zoom(2));
  document.getElementById("plan-in").addEventListener("click", () => zoom(0.5));
  new ResizeObserver(draw).observe(graph);
  draw();
})();
