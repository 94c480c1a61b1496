/**
 * The colours, fonts and patterns that the canvas draws with, read from the CSS tokens of the theme in force. A theme
 * change makes a new palette; a frame reads plain strings.
 */
const TOKENS = [
  'bg-1',
  'bg-2',
  'bg-3',
  'bg-sel',
  'bg-inset',
  'line-1',
  'line-2',
  'line-3',
  'tx-1',
  'tx-2',
  'tx-3',
  'tx-4',
  'tx-inv',
  'accent',
  'accent-soft',
  'st-inactive',
  'st-pending',
  'st-active',
  'st-ap',
  'st-masked',
  'st-disabled',
  'tx-pending',
  'tx-active',
  'tx-ap',
  'guest',
  'guest-edge',
  'guest-tx',
  'host',
  'host-edge',
  'host-tx',
  'hit',
  'hit-soft',
  'ok',
  'bad',
  'data',
  'cursor',
] as const;
export type Token = (typeof TOKENS)[number];

export interface Palette {
  readonly color: Readonly<Record<Token, string>>;
  readonly veil: number;
  readonly sans: string;
  readonly mono: string;
  /** `forced-colors`, or high contrast by choice: no tints, and a border round every bar. */
  readonly outlined: boolean;
  readonly pattern: Readonly<Record<'masked' | 'activePending' | 'host' | 'unknown', CanvasPattern | string>>;
}

export function readPalette(context: CanvasRenderingContext2D, scale: number): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const color = Object.fromEntries(TOKENS.map((token) => [token, resolved(read(token))]));
  const colors = color as Record<Token, string>;
  return {
    color: colors,
    veil: Number(read('veil')) || 0,
    sans: read('sans'),
    mono: read('mono'),
    outlined:
      window.matchMedia('(forced-colors: active)').matches || document.documentElement.dataset['contrast'] === 'high',
    pattern: {
      masked: tile(context, scale, 7, (tileContext, size) => {
        tileContext.globalAlpha = 0.13;
        tileContext.fillStyle = colors['st-masked'];
        tileContext.fillRect(0, 0, size, size);
        tileContext.globalAlpha = 0.9;
        hatch(tileContext, size, colors['st-masked'], 1.7);
      }),
      activePending: tile(context, scale, 4, (tileContext, size) => {
        tileContext.fillStyle = colors['st-ap'];
        tileContext.fillRect(0, 0, size, size);
        tileContext.globalAlpha = 0.22;
        tileContext.fillStyle = '#000';
        tileContext.fillRect(0, 0, 1, size);
      }),
      host: tile(context, scale, 7, (tileContext, size) => hatch(tileContext, size, colors['host-edge'], 1)),
      unknown: tile(context, scale, 6, (tileContext) => {
        tileContext.fillStyle = colors['st-inactive'];
        tileContext.beginPath();
        tileContext.arc(1.5, 1.5, 1, 0, 2 * Math.PI);
        tileContext.fill();
      }),
    },
  };
}

/** System colour names (`Canvas`) are not fill styles everywhere; computed colours are. */
function resolved(value: string): string {
  if (value.startsWith('#')) return value;
  const probe = document.createElement('span');
  probe.style.color = value;
  document.body.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

/** 45° lines that join across tiles: the diagonal and its two neighbours' corners. */
function hatch(context: CanvasRenderingContext2D, size: number, color: string, width: number): void {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.beginPath();
  for (const shift of [-size, 0, size]) {
    context.moveTo(shift - 1, size + 1);
    context.lineTo(shift + size + 1, -1);
  }
  context.stroke();
}

function tile(
  context: CanvasRenderingContext2D,
  scale: number,
  size: number,
  draw: (tileContext: CanvasRenderingContext2D, size: number) => void,
): CanvasPattern | string {
  const canvas = document.createElement('canvas');
  // Whole device pixels, or the tiles would not join.
  const pixels = Math.round(size * scale);
  canvas.width = canvas.height = pixels;
  const tileContext = canvas.getContext('2d');
  if (tileContext === null) return 'transparent';
  tileContext.scale(pixels / size, pixels / size);
  draw(tileContext, size);
  const pattern = context.createPattern(canvas, 'repeat');
  pattern?.setTransform(new DOMMatrix().scale(size / pixels));
  return pattern ?? 'transparent';
}
