"use strict";
(() => {
  const steps = [...document.querySelectorAll("#steps > li")];
  if (steps.length === 0) return;
  const scene = document.getElementById("scene");
  const scrubber = document.getElementById("scrubber");
  const where = document.getElementById("where");
  let now = 0;

  // show shows the step n, counted from 1.
  const show = (n) => {
    n = Math.min(Math.max(n, 1), steps.length);
    if (n === now) return;
    if (now > 0) steps[now - 1].removeAttribute("aria-current");
    now = n;
    const step = steps[n - 1];
    step.setAttribute("aria-current", "step");
    const list = step.parentElement;
    if (step.offsetTop < list.scrollTop + list.offsetTop || step.offsetTop + step.offsetHeight > list.scrollTop + list.offsetTop + list.clientHeight)
      list.scrollTop = step.offsetTop - list.offsetTop - list.clientHeight / 3;
    const from = document.querySelector("#step" + step.dataset.same + " .after");
    scene.replaceChildren(...(from ? [...from.cloneNode(true).childNodes] : []));
    for (const one of scene.querySelectorAll("[id]")) one.removeAttribute("id");
    for (const one of scene.querySelectorAll("[aria-labelledby]")) one.removeAttribute("aria-labelledby");
    scrubber.value = n;
    where.textContent = "step " + n + " of " + steps.length;
    history.replaceState(null, "", "#step" + n);
  };

  document.documentElement.classList.add("script");
  document.getElementById("steps").tabIndex = 0; // it scrolls now
  scene.tabIndex = 0;
  scene.hidden = false;
  document.getElementById("controls").hidden = false;
  document.getElementById("previous").addEventListener("click", () => show(now - 1));
  document.getElementById("next").addEventListener("click", () => show(now + 1));
  scrubber.addEventListener("input", () => show(Number(scrubber.value)));
  steps.forEach((step, i) => step.addEventListener("click", () => show(i + 1)));
  document.addEventListener("keydown", (e) => {
    if (e.altKey || e.ctrlKey || e.metaKey) return;
    const to = { ArrowRight: now + 1, ArrowDown: now + 1, ArrowLeft: now - 1, ArrowUp: now - 1, Home: 1, End: steps.length }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    show(to);
  });
  show(Number((location.hash.match(/^#step(\d+)$/) || [])[1]) || 1);
})();
