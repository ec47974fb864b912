/** What a flame graph in an SVG file knows of itself, as JSON in its `<metadata>`. */
export type SvgTree = {
  /** Callers first; the root's is -1. */
  parent: number[];
  total: number[];
  self: number[];
  /** Rows of `names`, `paints` and `remarks`. */
  name: number[];
  paint: number[];
  remark: number[];
  names: string[];
  paints: { fill: string; text: string }[];
  /** What a row says beside its share. */
  remarks: string[];
  /** `sample`, or '' when `total` is a share already. */
  unit: string;
  scale: number;
  graph: { leftPx: number; rightPx: number; topPx: number; bottomPx: number };
  /** Root on top. */
  growsDown: boolean;
  /** Of what the script adds: the bar below, the ground of zoomed boxes, and what a search finds. */
  colours: { bar: string; text: string; ground: string; found: { fill: string; text: string } };
  rowHeightPx: number;
  widthPx: number;
  heightPx: number;
  /** For each box of the drawn picture, in the order of its `.box` elements: the row it stands for. */
  boxRows: number[];
};

/**
 * Brings an SVG flame graph to life in a browser: a click takes a frame to the full width, `/` searches, Escape
 * goes back, the line below says what the pointer or the keyboard is at.
 *
 * It is written into the file as its own source text, so it must need nothing from outside of it: no import,
 * no constant of this module. What a browser without scripts shows stays below it, untouched.
 */
export function exploreSvg(svg: SVGSVGElement): void {
  const namespace = 'http://www.w3.org/2000/svg';
  const tree: SvgTree = JSON.parse(svg.querySelector('metadata')!.textContent);
  const { graph, rowHeightPx, scale, widthPx, heightPx, colours } = tree;
  const graphWidthPx = graph.rightPx - graph.leftPx;
  const rowCount = Math.max(3, Math.floor((graph.bottomPx - graph.topPx) / rowHeightPx));
  const fontPx = Math.min(18 * scale, rowHeightPx * 0.66);
  const barPx = 64 * scale;
  const callees: number[][] = tree.parent.map(() => []);
  for (const [row, caller] of tree.parent.entries()) callees[caller]?.push(row);
  for (const rows of callees) rows.sort((a, b) => tree.total[b]! - tree.total[a]! || a - b);

  const element = <Name extends keyof SVGElementTagNameMap>(
    name: Name,
    attributes: Record<string, string | number>,
  ): SVGElementTagNameMap[Name] => {
    const made = document.createElementNS(namespace, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
    return made;
  };
  const text = (content: string, attributes: Record<string, string | number>) => {
    const made = element('text', attributes);
    made.textContent = content;
    return made;
  };

  const measureText = text('', { 'font-size': fontPx, visibility: 'hidden' });
  svg.append(measureText);
  const widths = new Map<string, number>();
  const measure = (letters: string) => {
    let sum = 0;
    for (const letter of letters) {
      let width = widths.get(letter);
      if (width === undefined) {
        measureText.textContent = letter === ' ' ? '\u00a0' : letter;
        width = measureText.getComputedTextLength();
        widths.set(letter, width);
      }
      sum += width;
    }
    return sum;
  };
  /** The end of a qualified name tells more than its beginning. */
  const shorten = (name: string, roomPx: number): string => {
    if (measure(name) <= roomPx) return name;
    let end = '';
    for (const letter of [...name].reverse()) {
      if (measure(`…${letter}${end}`) > roomPx) break;
      end = letter + end;
    }
    return end.length < 4 ? '' : `…${end}`;
  };
  const share = (value: number) => {
    const percent = (100 * value) / tree.total[0]!;
    return percent > 0 && percent < 0.1 ? '<0.1 %' : `${percent.toFixed(percent < 9.95 ? 1 : 0)} %`;
  };
  const describe = (row: number): string => {
    const own = tree.self[row]! > 0 ? `, ${share(tree.self[row]!)} in itself` : '';
    const counted =
      tree.unit === ''
        ? ''
        : ` · ${tree.total[row]!.toLocaleString('en')} ${tree.unit}${tree.total[row] === 1 ? '' : 's'}`;
    const remark = tree.remarks[tree.remark[row]!]!;
    return `${tree.names[tree.name[row]!]!} · ${share(tree.total[row]!)}${own}${counted}${remark === '' ? '' : ` · ${remark}`}`;
  };

  // ── What the page has besides the picture: a line of text and a search field below it ──────────
  svg.setAttribute('viewBox', `0 0 ${widthPx} ${heightPx + barPx}`);
  svg.setAttribute('height', String(heightPx + barPx));
  const bar = element('rect', { x: 0, y: heightPx, width: widthPx, height: barPx, fill: colours.bar });
  const status = text('', {
    x: graph.leftPx,
    y: heightPx + barPx * 0.62,
    'font-size': 24 * scale,
    fill: colours.text,
  });
  const fieldWidthPx = 440 * scale;
  const foreign = element('foreignObject', {
    x: graph.rightPx - fieldWidthPx,
    y: heightPx + barPx * 0.14,
    width: fieldWidthPx,
    height: barPx * 0.72,
  });
  const field = document.createElementNS('http://www.w3.org/1999/xhtml', 'input') as HTMLInputElement;
  field.type = 'search';
  field.placeholder = 'Search (press /)';
  field.setAttribute('aria-label', 'Search frames, as a regular expression');
  field.style.cssText = `box-sizing:border-box;width:100%;height:100%;font-size:${22 * scale}px;padding:0 ${8 * scale}px`;
  foreign.append(field);
  const found = text('', {
    x: graph.rightPx - fieldWidthPx - 16 * scale,
    y: heightPx + barPx * 0.62,
    'font-size': 24 * scale,
    'font-weight': 'bold',
    'text-anchor': 'end',
    fill: colours.found.fill,
  });
  svg.append(bar, status, found, foreign);

  let zoomed = 0;
  let pattern: RegExp | null = null;
  const layer = element('g', {});
  svg.append(layer);
  const staticBoxes = [...svg.querySelectorAll<SVGRectElement>('.box')];

  const say = (words: string) => {
    const roomPx = graphWidthPx - fieldWidthPx - (pattern === null ? 24 : 220) * scale;
    const ratio = (24 * scale) / fontPx;
    let shown = words;
    while (shown.length > 8 && measure(shown) * ratio > roomPx) shown = `${shown.slice(0, -9)}…`;
    status.textContent = shown;
  };
  const matches = (row: number) =>
    pattern?.test(`${tree.names[tree.name[row]!]} ${tree.remarks[tree.remark[row]!]}`) === true;
  /** The share of samples with a match anywhere in their stack: below a match nothing counts again. */
  const countMatched = (): number => {
    let sum = 0;
    const isWithin = new Uint8Array(tree.parent.length);
    for (const [row, caller] of tree.parent.entries()) {
      if (caller >= 0 && isWithin[caller] === 1) isWithin[row] = 1;
      else if (matches(row)) {
        isWithin[row] = 1;
        sum += tree.total[row]!;
      }
    }
    return sum;
  };
  const sayState = () => {
    found.textContent = pattern === null ? '' : `${share(countMatched())} match`;
    say(zoomed === 0 ? 'Click a frame to zoom, / to search' : `${describe(zoomed)} (Escape: back)`);
  };

  const drawBox = (row: number, leftPx: number, boxWidthPx: number, level: number, isCaller: boolean) => {
    const yPx = tree.growsDown
      ? graph.topPx + level * rowHeightPx
      : graph.bottomPx - (level + 1) * rowHeightPx;
    const paint = tree.paints[tree.paint[row]!]!;
    const isMatch = matches(row);
    const group = element('g', { role: 'button', tabindex: 0, 'aria-label': describe(row) });
    group.style.cursor = 'pointer';
    group.append(
      element('rect', {
        x: leftPx,
        y: yPx,
        width: Math.max(0.5, boxWidthPx - (boxWidthPx > 3 ? 1 : 0)),
        height: rowHeightPx - 1,
        fill: isMatch ? colours.found.fill : paint.fill,
        opacity: isCaller ? 0.55 : 1,
      }),
    );
    const roomPx = boxWidthPx - fontPx * 0.6;
    if (roomPx > fontPx * 2) {
      const name = tree.names[tree.name[row]!]!;
      const percent = ` ${share(tree.total[row]!)}`;
      const whole = measure(name + percent) <= roomPx ? name + percent : shorten(name, roomPx);
      const place = {
        x: leftPx + fontPx * 0.3,
        y: yPx + rowHeightPx / 2 + fontPx * 0.36,
        'font-size': fontPx,
      };
      group.append(
        text(whole, { ...place, fill: isMatch ? colours.found.text : paint.text, 'pointer-events': 'none' }),
      );
    }
    const visit = () => say(describe(row));
    group.addEventListener('pointerenter', visit);
    group.addEventListener('focus', visit);
    group.addEventListener('pointerleave', sayState);
    group.addEventListener('click', () => zoom(row === zoomed ? Math.max(0, tree.parent[row]!) : row));
    group.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') zoom(row);
    });
    layer.append(group);
  };

  const draw = () => {
    layer.replaceChildren();
    if (zoomed === 0 && pattern === null) return;
    layer.append(
      element('rect', {
        x: graph.leftPx,
        y: graph.topPx,
        width: graphWidthPx,
        height: graph.bottomPx - graph.topPx,
        fill: colours.ground,
      }),
    );
    // Callers lie at the root's side at full width; of many only the nearest, so that room is left for what was asked for.
    const callers: number[] = [];
    for (let row = tree.parent[zoomed]!; row >= 0; row = tree.parent[row]!) callers.unshift(row);
    const shownCallers = callers.slice(-Math.floor(rowCount / 3));
    for (const [level, row] of shownCallers.entries()) drawBox(row, graph.leftPx, graphWidthPx, level, true);
    const pxPerUnit = graphWidthPx / tree.total[zoomed]!;
    const open = [{ row: zoomed, leftPx: graph.leftPx, level: shownCallers.length }];
    for (const { row, leftPx, level } of open) {
      drawBox(row, leftPx, tree.total[row]! * pxPerUnit, level, false);
      if (level + 1 >= rowCount) continue;
      let fromPx = leftPx;
      for (const callee of callees[row]!) {
        const calleeWidthPx = tree.total[callee]! * pxPerUnit;
        if (calleeWidthPx < 0.5) break;
        open.push({ row: callee, leftPx: fromPx, level: level + 1 });
        fromPx += calleeWidthPx;
      }
    }
  };
  const zoom = (row: number) => {
    zoomed = row;
    draw();
    sayState();
  };
  const search = () => {
    const wanted = field.value.trim();
    pattern = null;
    if (wanted !== '') {
      try {
        pattern = new RegExp(wanted, 'iu');
      } catch {
        // Half a pattern while it is typed is text.
        pattern = new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&'), 'iu');
      }
    }
    draw();
    sayState();
  };

  for (const [box, rectangle] of staticBoxes.entries()) {
    const row = tree.boxRows[box]!;
    rectangle.style.cursor = 'pointer';
    rectangle.addEventListener('pointerenter', () => say(describe(row)));
    rectangle.addEventListener('pointerleave', sayState);
    rectangle.addEventListener('click', () => zoom(row));
  }
  field.addEventListener('input', search);
  document.addEventListener('keydown', (event) => {
    if (event.key === '/' && event.target !== field) {
      event.preventDefault();
      field.focus();
    }
    if (event.key === 'Escape') {
      field.value = '';
      field.blur();
      pattern = null;
      zoom(0);
    }
  });
  sayState();
}
