/** Drawn on a grid of 24, one line weight. */
const PATHS = {
  call: 'M6.6 3.5h2.2c.5 0 .9.3 1 .8l.8 3a1 1 0 0 1-.3 1L8.6 10a13 13 0 0 0 5.4 5.4l1.7-1.7a1 1 0 0 1 1-.3l3 .8c.5.1.8.5.8 1v2.2a2.1 2.1 0 0 1-2.3 2.1A16.5 16.5 0 0 1 4.5 5.8a2.1 2.1 0 0 1 2.1-2.3Z',
  end: 'M3.4 15.2c-.5-.5-.6-1.3-.2-1.9C5 10.7 8.3 9 12 9s7 1.7 8.8 4.3c.4.6.3 1.4-.2 1.9l-1.3 1.2c-.4.4-1 .5-1.5.2l-2.3-1.2a1.2 1.2 0 0 1-.6-1.3l.3-1.4a10.6 10.6 0 0 0-6.4 0l.3 1.4c.1.5-.1 1-.6 1.3l-2.3 1.2c-.5.3-1.1.2-1.5-.2Z',
  mute: 'M9.2 9.2v2.5a2.8 2.8 0 0 0 4.5 2.2M14.8 10.5V6.3a2.8 2.8 0 0 0-5.4-1M5.8 11.5a6.2 6.2 0 0 0 10.2 4.7M18.1 12.5l.1-1M12 17.7v2.8M4 4l16 16',
  hold: 'M8.5 5.5v13M15.5 5.5v13',
  keypad: 'M6 6h.01M12 6h.01M18 6h.01M6 12h.01M12 12h.01M18 12h.01M6 18h.01M12 18h.01M18 18h.01',
  transfer: 'M4 12h12M12.5 8l4 4-4 4M19.5 5v14',
  backspace: 'M20.5 6v12h-11L3.5 12l6-6h11ZM12 9.7l4.6 4.6M16.6 9.7 12 14.3',
  settings: 'M4 7.5h9M17.5 7.5H20M4 16.5h2.5M11 16.5h9M15.2 5.3v4.4M8.8 14.3v4.4',
  close: 'M6.5 6.5l11 11M17.5 6.5l-11 11',
} as const;

export type IconName = keyof typeof PATHS;

const SVG = 'http://www.w3.org/2000/svg';

/** Decoration: the text beside it, or the button's name, says what it means. */
export function icon(document: Document, name: IconName): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}
