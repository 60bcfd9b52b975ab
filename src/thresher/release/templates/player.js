"use strict";
(() => {
  const tracks = [...document.querySelectorAll(".track")].map((row) => ({
    row,
    title: row.querySelector("h3").textContent,
    seconds: Number(row.dataset.seconds),
    sources: [...row.querySelectorAll("a[data-type]")].map((a) => ({ url: a.href, type: a.dataset.type })),
    scope: row.querySelector(".scope"),
  }));
  const bar = document.querySelector(".player");
  const part = (name) => bar.querySelector(name);
  const seek = part(".seek input");
  const volume = part(".volume input");
  const album = document.querySelector(".play-album");
  const status = document.querySelector("#status");
  // One element for the whole album: phones let only the one the listener started go on by itself.
  const audio = new Audio();
  audio.preload = "metadata";
  let current = -1;
  let wanted = null; // where to go once the file is open

  const clock = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor(whole / 60) % 60;
    const two = (n) => String(n).padStart(2, "0");
    return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  };
  const length = (track) => (Number.isFinite(audio.duration) && track === tracks[current] ? audio.duration : track.seconds);
  const place = () => (wanted === null ? audio.currentTime : wanted);

  function show() {
    tracks.forEach((track, index) => {
      const here = index === current;
      const at = here ? place() : 0;
      track.row.classList.toggle("current", here);
      track.row.classList.toggle("playing", here && !audio.paused);
      const toggle = track.row.querySelector(".toggle");
      toggle.setAttribute("aria-label", (here && !audio.paused ? "Pause " : "Play ") + track.title);
      track.scope.style.setProperty("--at", `${(100 * at) / length(track)}%`);
      track.scope.setAttribute("aria-valuenow", String(Math.round(at)));
      track.scope.setAttribute("aria-valuetext", `${clock(at)} of ${clock(length(track))}`);
    });
    album.classList.toggle("playing", !audio.paused);
    album.querySelector("span").textContent = audio.paused ? "Play" : "Pause";
    if (current < 0) return;
    const track = tracks[current];
    bar.classList.toggle("playing", !audio.paused);
    part(".main").setAttribute("aria-label", audio.paused ? "Play" : "Pause");
    part(".now").textContent = track.title;
    part(".clock").textContent = `${clock(place())} / ${clock(length(track))}`;
    seek.max = String(length(track));
    seek.value = String(place());
    seek.style.setProperty("--at", `${(100 * place()) / length(track)}%`);
    seek.setAttribute("aria-valuetext", `${clock(place())} of ${clock(length(track))}`);
  }

  function open(index) {
    if (index === current) return;
    current = index;
    const track = tracks[index];
    const playable = track.sources.find((source) => audio.canPlayType(source.type)) || track.sources[0];
    audio.src = playable.url;
    wanted = 0;
    bar.hidden = false;
    document.body.classList.add("has-player");
    if ("mediaSession" in navigator) {
      navigator.mediaSession.metadata = new MediaMetadata({
        title: track.title,
        artist: document.body.dataset.artist,
        album: document.body.dataset.album,
        // Lock screens take no pictures from file://.
        artwork: location.protocol.startsWith("http")
          ? [{ src: document.querySelector(".cover").src, sizes: "1400x1400", type: "image/jpeg" }]
          : [],
      });
    }
  }

  function start() {
    audio.play().catch((error) => {
      if (error.name !== "AbortError") status.textContent = `Cannot play ${tracks[current].title}.`;
    });
  }

  function play(index) {
    open(index);
    start();
    status.textContent = `Playing ${tracks[index].title}`;
  }

  function toggle(index) {
    if (index === current && !audio.paused) audio.pause();
    else play(index);
  }

  function go(seconds) {
    const end = length(tracks[current]);
    const target = Math.min(Math.max(0, seconds), Math.max(0, end - 0.05));
    if (audio.readyState === 0) wanted = target;
    else audio.currentTime = target;
    show();
  }

  const neighbour = (step) => {
    const index = current + step;
    if (index >= 0 && index < tracks.length) play(index);
  };
  const back = () => (place() > 3 || current === 0 ? go(0) : neighbour(-1));

  function steer(event, jump) {
    const moves = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -30, PageUp: 30 };
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in moves) jump(place() + moves[event.key]);
    else if (event.key === "Home") jump(0);
    else if (event.key === "End") jump(Infinity);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  tracks.forEach((track, index) => {
    const { scope, row } = track;
    const at = (event) => {
      const box = scope.getBoundingClientRect();
      return ((event.clientX - box.left) / box.width) * length(track);
    };
    const jump = (seconds) => {
      open(index);
      go(seconds);
    };
    scope.tabIndex = 0;
    scope.setAttribute("role", "slider");
    scope.setAttribute("aria-label", `Seek in ${track.title}`);
    scope.setAttribute("aria-valuemin", "0");
    scope.setAttribute("aria-valuemax", String(Math.round(track.seconds)));
    scope.addEventListener("click", (event) => {
      jump(at(event));
      if (audio.paused) start();
    });
    scope.addEventListener("pointermove", (event) => {
      if (event.buttons === 1 && event.pointerType === "mouse" && index === current) go(at(event));
    });
    scope.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        toggle(index);
        event.preventDefault();
        event.stopPropagation();
      } else steer(event, jump);
    });
    row.querySelector(".toggle").addEventListener("click", () => toggle(index));
  });

  audio.addEventListener("loadedmetadata", () => {
    if (wanted) audio.currentTime = wanted;
    wanted = null;
    show();
  });
  for (const name of ["timeupdate", "play", "pause", "seeked", "durationchange"]) audio.addEventListener(name, show);
  audio.addEventListener("ended", () => neighbour(1));
  audio.addEventListener("error", () => {
    if (current >= 0) status.textContent = `Cannot play ${tracks[current].title}.`;
  });

  album.addEventListener("click", () => (current < 0 ? play(0) : toggle(current)));
  part(".main").addEventListener("click", () => toggle(current));
  part(".previous").addEventListener("click", back);
  part(".next").addEventListener("click", () => neighbour(1));
  seek.addEventListener("input", () => go(Number(seek.value)));
  volume.addEventListener("input", () => {
    audio.volume = Number(volume.value);
    volume.style.setProperty("--at", `${100 * audio.volume}%`);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("a, button, input, summary, [role=slider]")) return;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === " " || event.key === "k") toggle(Math.max(0, current));
    else if (event.key === "n") neighbour(1);
    else if (event.key === "p" && current >= 0) back();
    else if (current >= 0 && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      go(place() + (event.key === "ArrowLeft" ? -5 : 5));
    } else return;
    event.preventDefault();
  });
  if ("mediaSession" in navigator) {
    const session = navigator.mediaSession;
    session.setActionHandler("previoustrack", back);
    session.setActionHandler("nexttrack", () => neighbour(1));
    session.setActionHandler("seekto", (detail) => go(detail.seekTime));
  }
  show();
})();
