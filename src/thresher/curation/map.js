"use strict";
(() => {
  const cells = document.getElementById("cells");
  const now = document.getElementById("now");
  const player = new Audio();
  const kept = new Map();
  let queue = [], playing = null, cell = null;

  const button = (number) => cells.querySelector('[data-cell="' + number + '"]');
  const light = () => {
    for (const one of cells.querySelectorAll(".on")) one.classList.remove("on");
    if (cell !== null) button(cell)?.classList.add("on");
  };
  const tell = (text) => { now.textContent = text; };

  const next = () => {
    if (!queue.length) {
      // At a list's end the way leads to where its last stretch is at home, if that is elsewhere.
      const home = playing === null ? null : MAP.heard[playing].home;
      if (home === null || home === cell) { stop("That was all of this cell."); return; }
      enter(home);
      return;
    }
    playing = queue.shift();
    const heard = MAP.heard[playing];
    player.src = heard.sound;
    player.play().catch(() => stop("This browser does not play it."));
    tell("Playing " + heard.place + (kept.has(heard.place) ? " (kept)" : ""));
  };
  const enter = (number) => {
    cell = number;
    queue = [...MAP.cells[number]];
    light();
    next();
  };
  const stop = (text) => {
    player.pause();
    queue = [];
    cell = null;
    light();
    tell(text);
  };
  const keep = () => {
    if (playing === null) { tell("Nothing plays that could be kept."); return; }
    const heard = MAP.heard[playing];
    kept.set(heard.place, heard.file);
    button(heard.home)?.classList.add("kept");
    tell(kept.size + " kept, the last one " + heard.place);
  };
  const save = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([[...new Set(kept.values())].join("\n") + "\n"], { type: "text/plain" }));
    link.download = "kept.txt";
    link.click();
    URL.revokeObjectURL(link.href);
  };

  player.addEventListener("ended", next);
  cells.addEventListener("click", (event) => {
    const number = event.target.dataset.cell;
    if (number !== undefined) enter(Number(number));
  });
  document.getElementById("pause").addEventListener("click", () => stop("Stopped."));
  document.getElementById("keep").addEventListener("click", keep);
  document.getElementById("save").addEventListener("click", save);
})();
