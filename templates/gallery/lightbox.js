// The lightbox: figures at the size of the window, one after another or all models side by side, with zoom and pan.
(() => {
  "use strict";

  const zooms = [...document.querySelectorAll(".zoom")];
  if (zooms.length === 0 || typeof HTMLDialogElement === "undefined") return;
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const button = (label, text) => {
    const element = make("button", { type: "button", title: label }, text);
    element.setAttribute("aria-label", label);
    return element;
  };
  const previous = button("Previous figure", "←");
  const next = button("Next figure", "→");
  const beside = button("All models side by side", "Side by side");
  const smaller = button("Smaller", "−");
  const larger = button("Larger", "+");
  const fit = button("Fit to the window", "100 %");
  const close = button("Close", "×");
  const where = make("span", { className: "place" });
  const panes = make("div", { className: "panes" });
  const caption = make("p", { className: "caption" });
  const dialog = make("dialog", { className: "lightbox" }, make("div", { className: "tools" }, where, previous, next, beside, smaller, fit, larger, close), panes, caption);
  dialog.setAttribute("aria-label", "Figure");
  document.body.append(dialog);

  let current = null;
  let isBeside = false;
  let scale = 1;
  let shown = [];
  const visible = () => zooms.filter((zoom) => zoom.offsetParent !== null);
  const mates = (zoom) => {
    const group = zoom.closest("section.comparison");
    return group ? visible().filter((each) => each.closest("section.comparison") === group) : [zoom];
  };
  const model = (zoom) => zoom.closest("figure").querySelector(".model").firstChild.textContent.trim();

  // The width at which a whole picture fits its pane; vector graphics may grow beyond their own size.
  const apply = () => {
    for (const pane of shown) {
      const ratio = pane.image.width / pane.image.height || 1;
      const style = getComputedStyle(pane.stage);
      const room = pane.stage.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight);
      const base = Math.min(room, 0.74 * window.innerHeight * ratio);
      pane.picture.style.width = `${Math.max(40, base * scale)}px`;
      pane.stage.classList.toggle("zoomed", scale > 1);
    }
    fit.textContent = `${Math.round(100 * scale)} %`;
    smaller.disabled = scale <= 1;
  };
  // Zooms and keeps what is under a point in its place; the other panes follow.
  const zoom = (wanted, pane = shown[0], x = null, y = null) => {
    const frame = pane.picture.getBoundingClientRect();
    const stage = pane.stage.getBoundingClientRect();
    const at = { x: x ?? stage.left + stage.width / 2, y: y ?? stage.top + stage.height / 2 };
    const share = { x: (at.x - frame.left) / frame.width, y: (at.y - frame.top) / frame.height };
    scale = Math.min(12, Math.max(1, wanted));
    apply();
    for (const each of shown) {
      each.stage.scrollLeft = share.x * each.picture.offsetWidth - (at.x - stage.left);
      each.stage.scrollTop = share.y * each.picture.offsetHeight - (at.y - stage.top);
    }
  };

  const pane = (source) => {
    const original = source.querySelector("img");
    const image = make("img", { src: original.currentSrc || original.src, alt: original.alt, width: original.width, height: original.height, draggable: false });
    const picture = make("span", { className: "picture" }, image);
    const stage = make("div", { className: "stage", tabIndex: 0 }, picture);
    stage.setAttribute("role", "group");
    stage.setAttribute("aria-label", model(source));
    const made = { image, picture, stage, element: make("div", { className: "pane" }, make("p", { className: "model" }, model(source)), stage), detach: () => {} };
    const figure = source.closest("figure");
    if (window.strata && window.strata.isReadable(figure)) made.detach = window.strata.attach(figure, picture, image, stage, true);
    let drag = null;
    stage.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || scale <= 1) return;
      drag = { x: event.clientX, y: event.clientY };
      stage.setPointerCapture(event.pointerId);
    });
    stage.addEventListener("pointermove", (event) => {
      if (!drag) return;
      for (const each of shown) {
        each.stage.scrollLeft -= event.clientX - drag.x;
        each.stage.scrollTop -= event.clientY - drag.y;
      }
      drag = { x: event.clientX, y: event.clientY };
    });
    const end = () => (drag = null);
    stage.addEventListener("pointerup", end);
    stage.addEventListener("pointercancel", end);
    stage.addEventListener("dblclick", (event) => zoom(scale > 1 ? 1 : 3, made, event.clientX, event.clientY));
    stage.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoom(scale * Math.exp(-event.deltaY / 200), made, event.clientX, event.clientY);
    }, { passive: false });
    return made;
  };

  const show = (source) => {
    for (const each of shown) each.detach();
    current = source;
    scale = 1;
    const list = visible();
    const group = mates(source);
    beside.hidden = group.length < 2;
    beside.setAttribute("aria-pressed", isBeside && group.length > 1);
    shown = (isBeside ? group : [source]).map(pane);
    panes.replaceChildren(...shown.map((each) => each.element));
    where.textContent = `${list.indexOf(source) + 1} of ${list.length}`;
    // Below several pictures each caption stands with its model's name.
    const told = isBeside && group.length > 1 ? group : [source];
    const words = (each) => each.closest("figure").querySelector(".caption").textContent;
    caption.textContent = told.map((each) => (told.length > 1 ? `${model(each)}: ${words(each)}` : words(each))).join("\n");
    dialog.setAttribute("aria-label", isBeside && group.length > 1 ? group.map(model).join(", ") : model(source));
    if (dialog.open) apply();
  };
  const step = (by) => {
    const list = visible();
    const group = isBeside ? mates(current) : [current];
    const from = by < 0 ? list.indexOf(group[0]) : list.indexOf(group[group.length - 1]);
    show(list[(from + by + list.length) % list.length]);
  };

  previous.addEventListener("click", () => step(-1));
  next.addEventListener("click", () => step(1));
  beside.addEventListener("click", () => {
    isBeside = !isBeside;
    show(current);
  });
  smaller.addEventListener("click", () => zoom(scale / 1.5));
  larger.addEventListener("click", () => zoom(scale * 1.5));
  fit.addEventListener("click", () => zoom(1));
  close.addEventListener("click", () => dialog.close());
  window.addEventListener("resize", () => dialog.open && apply());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = { ArrowLeft: () => step(-1), ArrowRight: () => step(1), PageUp: () => step(-1), PageDown: () => step(1), "+": () => zoom(scale * 1.5), "-": () => zoom(scale / 1.5), 0: () => zoom(1) };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  dialog.addEventListener("close", () => {
    for (const each of shown) each.detach();
    shown = [];
    panes.replaceChildren();
    if (current) current.focus();
  });
  for (const each of zooms) {
    if (!each.href) {
      each.tabIndex = 0;
      each.setAttribute("role", "button");
    }
    each.setAttribute("aria-haspopup", "dialog");
    const open = (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      dialog.showModal();
      show(each);
    };
    each.addEventListener("click", open);
    each.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || (event.key === " " && !each.href)) open(event);
    });
  }
})();
