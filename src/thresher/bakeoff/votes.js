"use strict";
(() => {
  const clips = document.getElementById("ballot");
  const count = document.getElementById("count");
  const listener = document.getElementById("listener");
  const listening = clips.dataset.listening;
  const place = "thresher-listening-" + listening;
  const all = [...clips.querySelectorAll("[data-clip]")].map((item) => item.dataset.clip);
  let votes = {};

  // A browser may refuse to remember (private windows); then votes live as long as the page.
  const remembered = () => {
    try { return JSON.parse(localStorage.getItem(place)) || {}; } catch { return {}; }
  };
  const remember = () => {
    try { localStorage.setItem(place, JSON.stringify({ votes, listener: listener.value })); } catch { /* as above */ }
  };
  const show = () => {
    for (const input of clips.querySelectorAll("input"))
      input.checked = String(votes[input.name.slice(5)] || "") === input.value;
    count.textContent = Object.keys(votes).length + " of " + all.length + " clips rated.";
  };

  clips.addEventListener("change", (event) => {
    votes[event.target.name.slice(5)] = Number(event.target.value);
    remember();
    show();
  });
  // One clip at a time: two at once cannot be judged.
  clips.addEventListener("play", (event) => {
    for (const player of clips.querySelectorAll("audio"))
      if (player !== event.target) player.pause();
  }, true);
  listener.addEventListener("input", remember);
  document.getElementById("clear").addEventListener("click", () => {
    votes = {};
    remember();
    show();
  });
  document.getElementById("save").addEventListener("click", () => {
    const saved = { listening, listener: listener.value, saved: new Date().toISOString(), votes };
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(saved, null, 1)], { type: "application/json" }));
    link.download = "votes.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });

  const before = remembered();
  for (const [clip, vote] of Object.entries(before.votes || {})) if (all.includes(clip)) votes[clip] = vote;
  listener.value = before.listener || "";
  show();
})();
