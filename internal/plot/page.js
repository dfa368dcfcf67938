"use strict";
const stage = document.querySelector("main");
const svg = stage.querySelector("svg");
const width = svg.width.baseVal.value, height = svg.height.baseVal.value;
let scale = 1, x = 0, y = 0;

function show() {
  svg.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
}

function fit() {
  scale = Math.min(1, stage.clientWidth / width, stage.clientHeight / height);
  x = (stage.clientWidth - width * scale) / 2;
  y = (stage.clientHeight - height * scale) / 2;
  show();
}

function zoom(factor, atX = stage.clientWidth / 2, atY = stage.clientHeight / 2) {
  const next = Math.min(8, Math.max(0.005, scale * factor));
  x = atX - (atX - x) * next / scale;
  y = atY - (atY - y) * next / scale;
  scale = next;
  show();
}

stage.addEventListener("wheel", event => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 400), event.clientX, event.clientY);
}, { passive: false });

stage.addEventListener("pointerdown", event => {
  stage.setPointerCapture(event.pointerId);
  stage.classList.add("moving");
});
stage.addEventListener("pointermove", event => {
  if (!stage.classList.contains("moving")) return;
  x += event.movementX;
  y += event.movementY;
  show();
});
for (const end of ["pointerup", "pointercancel"]) {
  stage.addEventListener(end, () => stage.classList.remove("moving"));
}

addEventListener("keydown", event => {
  const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
  if (step) {
    x += step[0];
    y += step[1];
    show();
  } else if (event.key === "+" || event.key === "-") {
    zoom(event.key === "+" ? 1.25 : 0.8);
  } else if (event.key === "0") {
    fit();
  }
});
for (const button of document.querySelectorAll("footer button")) {
  button.addEventListener("click", () => button.value ? zoom(Number(button.value)) : fit());
}
addEventListener("resize", fit);

// Resting on a box brings out its edges.
svg.addEventListener("pointerover", event => {
  const box = event.target.closest("[data-id]");
  const edges = box ? [...svg.querySelectorAll(".e")].filter(
    edge => edge.dataset.from === box.dataset.id || edge.dataset.to === box.dataset.id) : [];
  svg.querySelectorAll(".near").forEach(edge => edge.classList.remove("near"));
  edges.forEach(edge => edge.classList.add("near"));
  stage.classList.toggle("focus", edges.length > 0);
});
fit();
