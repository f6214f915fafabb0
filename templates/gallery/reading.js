// Tells what the pointer is on, or the arrow keys: token, rank, probability and the most probable tokens, beside the pointer.
// The same layer and token are marked in the figures of the other models. Nothing is ever inserted as markup.
(() => {
  "use strict";

  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const bands = (text) => {
    const edges = text.split(" ").map(Number);
    return edges.flatMap((edge, index) => (index % 2 === 0 ? [[edge, edges[index + 1]]] : []));
  };

  // Tables are read when first needed, because a page has many.
  const known = new WeakMap();
  const load = (figure) => {
    if (!known.has(figure)) {
      const grids = [...figure.querySelectorAll("table.grid")].map((table) => ({
        form: table.dataset.form,
        // Whether layers run across and tokens down.
        isTurned: table.dataset.turned !== undefined,
        title: table.caption ? table.caption.textContent : "",
        across: bands(table.dataset.across),
        down: bands(table.dataset.down),
        heads: [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent),
        names: [...table.tBodies[0].rows].map((line) => line.cells[0].textContent),
        lines: table.tBodies[0].rows,
      }));
      known.set(figure, grids);
    }
    return known.get(figure);
  };

  // Pictures that can be pointed at: those of the page, and those in the lightbox while it is open.
  const surfaces = new Set();
  const tip = make("div", { className: "tip", hidden: true });
  tip.setAttribute("aria-hidden", "true");

  const layer = (name) => (/^\d/.test(name) ? `layer ${name}` : name);
  const share = (text) => Number.parseFloat(text.replace(/^[<>]/, "")) || 0;

  // What is at a place: a heading, lines of text, and the most probable tokens with their shares.
  const read = (figure, [number, row, column]) => {
    const grids = load(figure);
    const grid = grids[number];
    const cell = grid.lines[row].cells[column + 1];
    const text = cell ? cell.textContent : "";
    const [target, ...rest] = (cell && cell.title ? cell.title : "").split("\n");
    const entry = (line) => {
      const parts = /^(<?[\d.]+ %) ([\s\S]*)$/.exec(line);
      return parts ? { share: parts[1], token: parts[2] } : { share: "", token: line };
    };
    const name = grid.names[row];
    const head = grid.heads[column];
    const titled = grids.length > 1 && grid.form === "cells" ? `${grid.title}, ` : "";
    switch (grid.form) {
      case "entries": {
        const best = [...grid.lines[row].cells].slice(1, 6).map((each) => ({ share: each.title.split("\n")[0], token: each.textContent }));
        return { heading: `${layer(name)}, place ${head}`, lines: [`“${text}” ${target}`], best };
      }
      case "bars":
        return grid.isTurned ? { heading: layer(head), lines: [`${name}: ${text}`], best: [] } : { heading: layer(name), lines: [`${head}: ${text}`], best: [] };
      case "lines":
        return { heading: layer(head), lines: [`${grid.title}: ${text}`], best: [] };
      case "tokens":
        return { heading: `“${head}”`, lines: [text], best: [] };
      default: {
        const [at, token] = grid.isTurned ? [head, name] : [name, head];
        return { heading: `${titled}${layer(at)}, “${token}”`, lines: [target && target.includes(text) ? "" : text, target], best: rest.map(entry) };
      }
    }
  };

  const place = (band, edges) => Object.assign(band.style, {
    left: `${100 * edges.left}%`, top: `${100 * edges.top}%`, width: `${100 * (edges.right - edges.left)}%`, height: `${100 * (edges.bottom - edges.top)}%`,
  });
  const edges = (grid, row, column) => ({
    left: grid.across[column === "row" ? 0 : column][0], right: grid.across[column === "row" ? grid.across.length - 1 : column][1], top: grid.down[row][0], bottom: grid.down[row][1],
  });

  // The place in another grid at the same share of layers and with the same token; nil where there is none.
  const nearest = (names, wanted, from) => {
    const depths = (list) => {
      const numbers = list.map((name) => (/^\d/.test(name) ? Number.parseFloat(name) : null));
      const most = Math.max(1, ...numbers.filter((number) => number !== null));
      return numbers.map((number) => (number === null ? null : number / most));
    };
    const own = depths(from)[wanted];
    if (own === null) return names.indexOf(from[wanted]);
    let best = -1;
    for (const [index, depth] of depths(names).entries()) {
      if (depth !== null && (best < 0 || Math.abs(depth - own) < Math.abs(depths(names)[best] - own))) best = index;
    }
    return best;
  };
  const same = (heads, index, from) => {
    if (heads[index] === from[index]) return index;
    return heads.indexOf(from[index]);
  };
  const mate = (grid, row, column, other) => {
    if (grid.form !== other.form) return null;
    if (grid.form === "lines") return [0, nearest(other.heads, column, grid.heads)];
    // The same token wherever it stands among the most probable; else the whole row.
    if (grid.form === "entries") {
      const found = nearest(other.names, row, grid.names);
      if (found < 0) return null;
      const token = grid.lines[row].cells[column + 1].textContent;
      const place = [...other.lines[found].cells].slice(1).findIndex((cell) => cell.textContent === token);
      return [found, place < 0 ? "row" : place];
    }
    if (grid.form === "tokens") return [0, same(other.heads, column, grid.heads)];
    const axes = (each) => (each.isTurned ? [each.heads, each.names] : [each.names, each.heads]);
    const [layers, tokens] = axes(grid);
    const [theirLayers, theirTokens] = axes(other);
    const [at, token] = grid.isTurned ? [column, row] : [row, column];
    const found = [nearest(theirLayers, at, layers), same(theirTokens, token, tokens)];
    return other.isTurned ? found.reverse() : found;
  };

  const clear = () => {
    tip.hidden = true;
    for (const surface of surfaces) {
      surface.cursor.hidden = true;
      for (const echo of surface.echoes) echo.remove();
      surface.echoes = [];
    }
  };

  const echo = (surface, at) => {
    const [number, row, column] = at;
    const grid = load(surface.figure)[number];
    const group = surface.figure.closest("section.comparison");
    for (const other of surfaces) {
      if (other.inDialog !== surface.inDialog || other.figure.closest("section.comparison") !== group) continue;
      for (const [index, each] of load(other.figure).entries()) {
        if (other === surface && index === number) continue;
        if (other !== surface && load(surface.figure).length > 1 && grid.form !== "tokens" && index !== number) continue;
        const found = mate(grid, row, column, each);
        if (!found || found[0] < 0 || found[1] < 0) continue;
        const mark = make("span", { className: "cursor echo" });
        place(mark, edges(each, found[0], found[1]));
        other.box.append(mark);
        other.echoes.push(mark);
      }
    }
  };

  const tell = (surface, at, point) => {
    clear();
    surface.at = at;
    const [number, row, column] = at;
    const grid = load(surface.figure)[number];
    place(surface.cursor, edges(grid, row, column));
    surface.cursor.hidden = false;
    if (!point && surface.inDialog) surface.cursor.scrollIntoView({ block: "nearest", inline: "nearest" });
    echo(surface, at);
    const said = read(surface.figure, at);
    const best = make("ul");
    for (const { share: amount, token } of said.best) {
      const bar = make("span", { className: "bar" });
      bar.style.width = `${Math.min(100, share(amount))}%`;
      best.append(make("li", {}, make("bdi", {}, token), make("span", { className: "track" }, bar), make("span", { className: "share" }, amount)));
    }
    tip.replaceChildren(make("p", { className: "where" }, said.heading), ...said.lines.filter(Boolean).map((line) => make("p", {}, line)), ...(said.best.length > 0 ? [best] : []));
    (surface.inDialog ? surface.box.closest("dialog") : document.body).append(tip);
    tip.hidden = false;
    // Beside the pointer, or beside the cell that the keys chose; always inside the window.
    const box = surface.cursor.getBoundingClientRect();
    const from = point ? { x: point.x + 16, y: point.y + 16, left: point.x - 16, top: point.y - 16 } : { x: box.right + 10, y: box.top, left: box.left - 10, top: box.bottom };
    const { offsetWidth: width, offsetHeight: height } = tip;
    const x = from.x + width + 8 <= window.innerWidth ? from.x : Math.max(8, from.left - width);
    const y = from.y + height + 8 <= window.innerHeight ? from.y : Math.max(8, from.top - height);
    Object.assign(tip.style, { left: `${Math.min(x, Math.max(8, window.innerWidth - width - 8))}px`, top: `${y}px` });
    if (!point) {
      const tokens = said.best.map((each) => `“${each.token}” ${each.share}`).join(", ");
      surface.readout.textContent = [said.heading + ":", ...said.lines.filter(Boolean), tokens && "most probable: " + tokens].filter(Boolean).join(" ");
    }
  };

  const find = (surface, x, y) => {
    const inside = (value) => ([start, end]) => start <= value && value <= end;
    for (const [number, grid] of load(surface.figure).entries()) {
      const column = grid.across.findIndex(inside(x));
      const row = grid.down.findIndex(inside(y));
      if (column >= 0 && row >= 0) return [number, row, column];
    }
    return null;
  };

  const step = (surface, [down, right]) => {
    const grids = load(surface.figure);
    if (!surface.at) return [0, 0, 0];
    let [number, row, column] = surface.at;
    const last = (list) => list.length - 1;
    row += down;
    column += right;
    // Lines of a text and charts stand below each other, panels of cells beside each other.
    const isStacked = grids[number].form === "tokens" || grids[number].form === "lines";
    if (isStacked && row > 0 && number < last(grids)) [number, row] = [number + 1, 0];
    if (isStacked && row < 0 && number > 0) [number, row] = [number - 1, 0];
    if (column > last(grids[number].across) && number < last(grids)) [number, column] = [number + 1, 0];
    if (column < 0 && number > 0) [number, column] = [number - 1, last(grids[number - 1].across)];
    const within = (value, list) => Math.min(Math.max(value, 0), last(list));
    return [number, within(row, grids[number].down), within(column, grids[number].across)];
  };

  // Makes a picture readable; returns what makes it unreadable again.
  const attach = (figure, box, image, target, inDialog) => {
    const cursor = make("span", { className: "cursor", hidden: true });
    const readout = make("p", { className: "readout unseen" });
    readout.setAttribute("aria-live", "polite");
    box.append(cursor);
    (inDialog ? target.parentElement : figure).append(readout);
    const surface = { figure, box, cursor, readout, inDialog, echoes: [], at: null };
    surfaces.add(surface);
    target.addEventListener("pointermove", (event) => {
      if (event.buttons !== 0) return clear();
      const frame = image.getBoundingClientRect();
      const at = find(surface, (event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height);
      if (at) tell(surface, at, { x: event.clientX, y: event.clientY });
      else clear();
    });
    target.addEventListener("pointerleave", clear);
    target.addEventListener("blur", clear);
    target.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
      if (event.key === "Escape" && !tip.hidden) {
        event.preventDefault();
        event.stopPropagation();
        clear();
      }
      if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      tell(surface, step(surface, by), null);
    });
    return () => {
      clear();
      surfaces.delete(surface);
    };
  };

  const readable = [...document.querySelectorAll("main figure")].filter((figure) => figure.querySelector("table.grid"));
  for (const figure of readable) {
    const zoom = figure.querySelector(".zoom");
    attach(figure, zoom, zoom.querySelector("img"), zoom, false);
  }
  const main = document.getElementById("main");
  if (readable.length > 0 && main) {
    main.prepend(make("p", { className: "hint" }, "Point at a figure to read its numbers, or focus it and press the arrow keys. Enter enlarges it."));
  }
  window.addEventListener("scroll", () => !tip.hidden && clear(), { passive: true });
  window.strata = { ...window.strata, attach, isReadable: (figure) => readable.includes(figure) };
})();
