// Finds figures by words, prompt, model, kind and tag; the address keeps what was asked.
// A search looks through the texts of prompts and outputs, models, kinds, titles, captions, findings and tags.
(() => {
  "use strict";

  const form = document.getElementById("filter");
  if (!form) return;
  const items = [...document.querySelectorAll(".item")];
  const chips = items.filter((item) => item.matches("a"));
  const counted = chips.length > 0 ? chips : items;
  const names = ["q", "prompt", "model", "kind", "tag"].filter((name) => form.elements[name]);
  const status = form.querySelector(".shown");
  const whole = form.querySelector(".whole");
  const groups = [...document.querySelectorAll("section.comparison")];
  const sections = [...document.querySelectorAll("main > section.prompt")];
  const rows = [...document.querySelectorAll(".overview tr[data-words]")];
  const cells = [...document.querySelectorAll(".overview td[data-words]")].filter((cell) => cell.querySelector(".item"));
  const isEmpty = (element) => !element.querySelector(".item:not([hidden]), .missing");

  // Without case, accents, marks of line breaks and the joints between tokens.
  const plain = (text) =>
    text.normalize("NFKD").replace(/\p{M}|\u200b/gu, "").replace(/[\s↵␣]+/gu, " ").toLowerCase();

  // What is said of a figure around it: on the overview in its row and cell, on a page of figures in its section.
  const around = (item) => {
    const told = (element) => (element && element.dataset.words ? element.dataset.words : "");
    if (item.matches("a")) {
      const cell = item.closest("td, th");
      return [told(item.closest("tr")), told(cell), ...[...cell.querySelectorAll(".finding")].map((each) => each.textContent)];
    }
    const section = item.closest("section.prompt");
    if (!section) return [];
    const models = item.dataset.model.split(" ");
    const parts = [...section.querySelectorAll(".prompt-head h2, .prompt-head pre.text, .prompt-head .tags, .prompt-head .method")];
    const readings = [...section.querySelectorAll("[data-model].reading, .outputs > [data-model]")];
    return [...parts, ...readings.filter((each) => models.includes(each.dataset.model))].map((each) => each.textContent);
  };
  // What all captions of a kind, or of a model, have in common stands once, at its choice.
  const shared = new Map([...form.querySelectorAll("option[data-words]")].map((option) => [`${option.parentElement.name} ${option.value}`, option.dataset.words]));
  const common = (name, value) => shared.get(`${name} ${value}`) || "";
  const own = (item) => {
    if (item.matches("a")) {
      return [item.dataset.words, item.getAttribute("aria-label"), item.textContent, common("kind", item.dataset.kind),
        ...item.dataset.model.split(" ").map((model) => common("model", model))];
    }
    return [item.getAttribute("aria-label"), ...[...item.querySelectorAll(".model, .caption, .finding")].map((each) => each.textContent)];
  };
  // Gathered at the first search, because a page has many figures.
  let words = null;
  const text = (item) => {
    words ??= new Map(counted.map((each) => [each, plain([each.dataset.kind, ...own(each), ...around(each)].join(" "))]));
    return words.get(item);
  };

  const apply = () => {
    const wanted = Object.fromEntries(names.map((name) => [name, form.elements[name].value.trim()]));
    const sought = plain(wanted.q).split(" ").filter(Boolean);
    const isFiltered = names.some((name) => wanted[name]);
    const shown = new Set();
    const prompts = new Set();
    for (const item of counted) {
      const data = item.dataset;
      const fits =
        (!wanted.prompt || data.prompt === wanted.prompt) &&
        (!wanted.model || data.model.split(" ").includes(wanted.model)) &&
        (!wanted.kind || data.kind === wanted.kind) &&
        (!wanted.tag || data.tag.split(" ").includes(wanted.tag)) &&
        sought.every((word) => text(item).includes(word));
      item.hidden = !fits;
      if (!fits) continue;
      shown.add(item.hash ? item.hash.slice(1) : item.id);
      prompts.add(data.prompt);
    }
    // A figure on the page is shown when its link in the overview is.
    if (chips.length > 0) for (const item of items) if (!item.matches("a")) item.hidden = !shown.has(item.id);
    for (const group of [...groups, ...sections, ...rows]) group.hidden = isFiltered && isEmpty(group);
    for (const cell of cells) cell.classList.toggle("apart", isFiltered && isEmpty(cell));
    for (const gap of document.querySelectorAll(".missing, .failed")) gap.hidden = isFiltered;
    const number = (count) => count.toLocaleString("en");
    const within = form.elements.prompt && shown.size > 0 ? `, in ${number(prompts.size)} ${prompts.size === 1 ? "prompt" : "prompts"}` : "";
    status.textContent = isFiltered ? `${number(shown.size)} of ${number(counted.length)} figures${within}` : `${number(counted.length)} figures`;
    if (whole) {
      const address = new URL(whole.href);
      for (const name of names) {
        if (wanted[name]) address.searchParams.set(name, wanted[name]);
        else address.searchParams.delete(name);
      }
      whole.href = address;
    }
    return wanted;
  };

  const keep = (wanted) => {
    const address = new URL(location.href);
    for (const name of names) {
      if (wanted[name]) address.searchParams.set(name, wanted[name]);
      else address.searchParams.delete(name);
    }
    try {
      history.replaceState(null, "", address);
    } catch {
      // Filtering also works in browsers that do not let a local file change its address.
    }
  };

  const read = () => {
    const query = new URLSearchParams(location.search);
    for (const name of names) form.elements[name].value = query.get(name) || "";
    apply();
  };

  // A place that a link leads to stays free of the bar of choices, which keeps to the top of the window.
  const room = () => {
    const isSticky = getComputedStyle(form).position === "sticky";
    document.documentElement.style.scrollPaddingTop = isSticky ? `${form.offsetHeight + 16}px` : "";
  };

  form.addEventListener("input", () => keep(apply()));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => keep(apply())));
  window.addEventListener("popstate", read);
  window.addEventListener("resize", room);
  form.hidden = false;
  room();
  read();
})();
