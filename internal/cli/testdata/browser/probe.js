"use strict";
// Looks at the page that it was put into as its user does, and tells the page
// around it what is there and what is wrong.
{
const problems = [];
const wrong = text => problems.push(text);
addEventListener("error", event => wrong(event.message || `${event.target.tagName} can't be loaded`), true);
addEventListener("unhandledrejection", event => wrong(String(event.reason)));
addEventListener("securitypolicyviolation", event => wrong(`asks for ${event.blockedURI}`));
for (const name of ["warn", "error"]) console[name] = (...words) => wrong(words.join(" "));

const place = element => element.getBoundingClientRect();
const all = (selector, of = document) => [...of.querySelectorAll(selector)];

// Whether a is inside of b, but for some pixels.
const inside = (a, b, by = 1) =>
  a.left >= b.left - by && a.right <= b.right + by && a.top >= b.top - by && a.bottom <= b.bottom + by;
const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

function boxes() {
  return all("svg .n[data-id]").map(group => {
    const rect = group.querySelector("rect"), id = group.dataset.id;
    for (const text of all("text", group)) {
      if (!inside(place(text), place(rect))) wrong(`the text ${text.textContent} of ${id} leaves its box`);
    }
    return { id, state: group.classList[1], colour: getComputedStyle(rect).stroke, place: place(rect) };
  });
}

// The ends of an edge must touch its boxes, or the frames around groups.
function edges(scale) {
  const found = Object.fromEntries(all("svg [data-id]").map(group => [group.dataset.id, place(group.querySelector("rect"))]));
  const near = (point, rect) => inside({ left: point.x, right: point.x, top: point.y, bottom: point.y }, rect, 10 * scale);
  return all("svg .e").map(edge => {
    const { from, to } = edge.dataset, line = edge.querySelector(".p"), matrix = line.getScreenCTM();
    const [start, end] = [0, line.getTotalLength()].map(at => line.getPointAtLength(at).matrixTransform(matrix));
    if (!near(start, found[from]) || !near(end, found[to])) wrong(`the edge from ${from} to ${to} does not lead there`);
    return `${from} ${to}`;
  });
}

// What can be clicked on a page with a picture that moves.
function controls(svg) {
  const stage = document.querySelector("main");
  if (!stage) return;
  const view = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
  if (!inside(place(svg), place(stage))) wrong("the picture does not fit");
  const buttons = Object.fromEntries(all("button").map(button => [button.textContent, button]));
  for (const button of Object.values(buttons)) {
    if (!inside(place(button), view) || overlap(place(button), place(stage))) wrong(`the button ${button.textContent} can't be seen`);
  }
  const was = place(svg).width;
  buttons["+"].click();
  if (place(svg).width <= was) wrong("+ does not zoom in");
  buttons["−"].click();
  buttons["−"].click();
  if (place(svg).width >= was) wrong("− does not zoom out");
  buttons.fit.click();
  if (place(svg).width !== was) wrong("fit does not bring the picture back");
  const edge = svg.querySelector(".e");
  if (!edge) return;
  const box = all("[data-id]", svg).find(group => group.dataset.id === edge.dataset.from);
  box.querySelector("rect").dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
  if (!stage.classList.contains("focus") || !edge.classList.contains("near")) wrong("a box does not bring out its edges");
  svg.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
  if (stage.classList.contains("focus")) wrong("edges stay brought out");
}

function look() {
  const svg = document.querySelector("svg"), scale = place(svg).width / svg.viewBox.baseVal.width;
  const shown = boxes();
  shown.forEach((a, i) => shown.slice(i + 1).forEach(b => {
    if (overlap(a.place, b.place)) wrong(`${a.id} and ${b.id} overlap`);
  }));
  const facts = [
    ...shown.map(box => `box ${box.id} ${box.state} ${box.colour}`),
    ...edges(scale).map(edge => `edge ${edge}`),
    ...all("tr").map(row => "row " + all("th, td", row).map(cell => cell.textContent).join(" | ")),
  ];
  if (document.documentElement.scrollWidth > innerWidth) wrong("the page is wider than its window");
  for (const cell of all("th, td").filter(cell => cell.textContent)) {
    const range = document.createRange();
    range.selectNodeContents(cell);
    if (!inside(place(range), place(cell))) wrong(`the text ${cell.textContent} leaves its cell`);
    // lines must not be so short that a word has several
    if (place(range).height > 20 * cell.textContent.split(/[\s/-]+/).length + 4) wrong(`words are broken in ${cell.textContent}`);
  }
  controls(svg);
  for (const entry of performance.getEntriesByType("resource")) wrong(`asks for ${entry.name}`);
  return facts;
}

addEventListener("load", () => setTimeout(() => {
  let facts = [];
  try {
    facts = look();
  } catch (error) {
    wrong(String(error.stack));
  }
  parent.postMessage({ name, facts, problems }, "*");
}));
}
