// What a page can do beyond being read: choosing figures, enlarging them, reading single cells, copying LaTeX.
// Everything is there without it; nothing is fetched, and no text is ever put in as markup.
(() => {
  "use strict";

  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  // Figures by prompt, model, kind and tag, and by words; the choice stands in the address.
  const filter = () => {
    const form = document.getElementById("filter");
    if (!form) return;
    const items = [...document.querySelectorAll(".item")];
    const chips = items.filter((item) => item.matches("a"));
    const counted = chips.length > 0 ? chips : items;
    const words = new Map(items.map((item) => [item, (item.textContent + " " + (item.getAttribute("aria-label") || "")).toLowerCase()]));
    const names = ["q", "prompt", "model", "kind", "tag"].filter((name) => form.elements[name]);
    const status = form.querySelector(".shown");
    const groups = [...document.querySelectorAll("section.comparison")];
    const sections = [...document.querySelectorAll("main > section.prompt")];
    const rows = [...document.querySelectorAll(".overview tbody tr")];
    const isEmpty = (element) => !element.querySelector(".item:not([hidden]), .missing");

    const apply = () => {
      const wanted = Object.fromEntries(names.map((name) => [name, form.elements[name].value.trim()]));
      const q = wanted.q.toLowerCase();
      const isFiltered = names.some((name) => wanted[name]);
      let shown = 0;
      for (const item of items) {
        const data = item.dataset;
        const fits =
          (!wanted.prompt || data.prompt === wanted.prompt) &&
          (!wanted.model || data.model.split(" ").includes(wanted.model)) &&
          (!wanted.kind || data.kind === wanted.kind) &&
          (!wanted.tag || data.tag.split(" ").includes(wanted.tag)) &&
          (!q || words.get(item).includes(q));
        item.hidden = !fits;
        if (fits && (chips.length === 0 || item.matches("a"))) shown += 1;
      }
      for (const group of [...groups, ...sections, ...rows]) group.hidden = isFiltered && isEmpty(group);
      for (const gap of document.querySelectorAll(".missing, .failed")) gap.hidden = isFiltered;
      const number = (count) => count.toLocaleString("en");
      status.textContent = isFiltered ? `${number(shown)} of ${number(counted.length)} figures` : `${number(counted.length)} figures`;
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
        // A browser that does not let a local file change its address still filters.
      }
    };

    const read = () => {
      const query = new URLSearchParams(location.search);
      for (const name of names) form.elements[name].value = query.get(name) || "";
      apply();
    };

    form.addEventListener("input", () => keep(apply()));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(() => keep(apply())));
    window.addEventListener("popstate", read);
    form.hidden = false;
    read();
  };

  // A link to a figure that has moved to a page of its own.
  const redirect = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    if (!id || document.getElementById(id)) return;
    const link = [...document.querySelectorAll(".overview a")].find((each) => each.hash === "#" + id);
    if (link && link.pathname !== location.pathname) location.replace(link.href);
  };

  // Figures at the size of the window, one after another.
  const lightbox = () => {
    const zooms = [...document.querySelectorAll(".zoom")];
    if (zooms.length === 0 || typeof HTMLDialogElement === "undefined") return;
    const image = make("img", { alt: "" });
    const caption = make("p", { className: "caption" });
    const button = (label, text) => {
      const element = make("button", { type: "button", title: label }, text);
      element.setAttribute("aria-label", label);
      return element;
    };
    const previous = button("Previous figure", "←");
    const next = button("Next figure", "→");
    const size = button("True size", "1:1");
    const close = button("Close", "×");
    const place = make("span", { className: "place" });
    const stage = make("div", { className: "stage" }, image);
    const dialog = make("dialog", { className: "lightbox" }, make("div", { className: "tools" }, place, previous, next, size, close), stage, caption);
    dialog.setAttribute("aria-label", "Figure");
    document.body.append(dialog);

    let current = null;
    const shown = () => zooms.filter((zoom) => zoom.offsetParent !== null);
    const show = (zoom) => {
      const figure = zoom.closest("figure");
      const source = zoom.querySelector("img");
      current = zoom;
      image.src = source.currentSrc || source.src;
      image.alt = source.alt;
      image.width = source.width;
      image.height = source.height;
      const list = shown();
      place.textContent = `${list.indexOf(zoom) + 1} of ${list.length}`;
      caption.textContent = figure.querySelector(".caption").textContent;
      dialog.setAttribute("aria-label", figure.querySelector(".model").firstChild.textContent.trim());
    };
    const step = (by) => {
      const list = shown();
      show(list[(list.indexOf(current) + by + list.length) % list.length]);
    };
    const toggle = () => {
      dialog.classList.toggle("true-size");
      size.setAttribute("aria-pressed", dialog.classList.contains("true-size"));
    };

    previous.addEventListener("click", () => step(-1));
    next.addEventListener("click", () => step(1));
    size.addEventListener("click", toggle);
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") step(-1);
      else if (event.key === "ArrowRight") step(1);
      else return;
      event.preventDefault();
    });
    dialog.addEventListener("close", () => {
      image.removeAttribute("src");
      if (current) current.focus();
    });
    for (const zoom of zooms) {
      if (!zoom.href) {
        zoom.tabIndex = 0;
        zoom.setAttribute("role", "button");
      }
      zoom.setAttribute("aria-haspopup", "dialog");
      const open = (event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        show(zoom);
        dialog.showModal();
      };
      zoom.addEventListener("click", open);
      zoom.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || (event.key === " " && !zoom.href)) open(event);
      });
    }
  };

  // What stands behind a cell of a heatmap, under the pointer or by the arrow keys.
  const cells = () => {
    const bands = (text) => {
      const edges = text.split(" ").map(Number);
      return edges.flatMap((edge, index) => (index % 2 === 0 ? [[edge, edges[index + 1]]] : []));
    };
    for (const figure of document.querySelectorAll("figure")) {
      if (!figure.querySelector("table.grid")) continue;
      const zoom = figure.querySelector(".zoom");
      const readout = make("p", { className: "readout" });
      readout.setAttribute("aria-live", "polite");
      readout.textContent = "Point at a cell, or press the arrow keys here, to read it.";
      const cursor = make("span", { className: "cursor", hidden: true });
      zoom.append(cursor);
      figure.querySelector(".plate").after(readout);
      let grids = null;
      let at = null;
      // Tables are read when they are first needed: a page has many.
      const load = () =>
        (grids ??= [...figure.querySelectorAll("table.grid")].map((table) => ({
          table,
          title: table.caption ? table.caption.textContent : "",
          across: bands(table.dataset.across),
          down: bands(table.dataset.down),
        })));
      const tell = (number, row, column) => {
        const grid = load()[number];
        const line = grid.table.tBodies[0].rows[row];
        const cell = line.cells[column + 1];
        const head = grid.table.tHead.rows[0].cells[column + 1].textContent;
        const where = (grids.length > 1 ? `${grid.title}, ` : "") + (/^\d/.test(line.cells[0].textContent) ? "layer " : "") + line.cells[0].textContent;
        const [left, right] = grid.across[column];
        const [top, bottom] = grid.down[row];
        readout.textContent = `${where}, “${head}”: ${cell.textContent}${cell.title ? " · " + cell.title : ""}`;
        Object.assign(cursor.style, { left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * (right - left)}%`, height: `${100 * (bottom - top)}%` });
        cursor.hidden = false;
        at = [number, row, column];
      };
      zoom.addEventListener("pointermove", (event) => {
        const box = zoom.querySelector("img").getBoundingClientRect();
        const x = (event.clientX - box.left) / box.width;
        const y = (event.clientY - box.top) / box.height;
        const inside = ([start, end]) => (value) => start <= value && value <= end;
        for (const [number, grid] of load().entries()) {
          const column = grid.across.findIndex((band) => inside(band)(x));
          const row = grid.down.findIndex((band) => inside(band)(y));
          if (column >= 0 && row >= 0) return tell(number, row, column);
        }
      });
      zoom.addEventListener("pointerleave", () => {
        cursor.hidden = document.activeElement !== zoom;
      });
      zoom.addEventListener("blur", () => {
        cursor.hidden = true;
      });
      zoom.addEventListener("keydown", (event) => {
        const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
        const by = steps[event.key];
        if (!by) return;
        event.preventDefault();
        if (!at) return tell(0, 0, 0);
        let [number, row, column] = at;
        const grid = load()[number];
        row = Math.min(Math.max(row + by[0], 0), grid.down.length - 1);
        column += by[1];
        if (column >= grid.across.length && number + 1 < grids.length) [number, column] = [number + 1, 0];
        if (column < 0 && number > 0) [number, column] = [number - 1, grids[number - 1].across.length - 1];
        column = Math.min(Math.max(column, 0), grids[number].across.length - 1);
        tell(number, Math.min(row, grids[number].down.length - 1), column);
      });
    }
  };

  // LaTeX to the clipboard.
  const copying = () => {
    for (const details of document.querySelectorAll("details.latex")) {
      const code = details.querySelector("code");
      const button = make("button", { type: "button" }, "Copy");
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(code.textContent);
          button.textContent = "Copied";
        } catch {
          const range = document.createRange();
          range.selectNodeContents(code);
          getSelection().removeAllRanges();
          getSelection().addRange(range);
          button.textContent = document.execCommand("copy") ? "Copied" : "Selected";
        }
        setTimeout(() => (button.textContent = "Copy"), 2000);
      });
      details.append(button);
    }
  };

  // A figure inside something folded up, or hidden by a choice, is shown when its link is followed.
  filter();
  redirect();
  lightbox();
  cells();
  copying();
})();
