/**
 * The part of a 2D canvas context that renderers use, by shape: the browser's and the one of the Node
 * canvas both fit.
 */
export type Context2D = {
  // Wider than what is set here: both canvases also take gradients and patterns, each its own class.
  fillStyle: unknown;
  strokeStyle: unknown;
  font: string;
  lineWidth: number;
  lineJoin: unknown;
  lineCap: unknown;
  textAlign: unknown;
  textBaseline: unknown;
  fillRect(x: number, y: number, width: number, height: number): void;
  strokeRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number): void;
  measureText(text: string): { readonly width: number };
  beginPath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  arc(x: number, y: number, radius: number, startAngle: number, endAngle: number): void;
  setLineDash(segments: number[]): void;
  fill(): void;
  stroke(): void;
};
