/**
 * A canvas that fits its box: device pixels, the palette of the theme, and one paint per animation frame however often
 * it is asked for. The composable of every drawn pane.
 */
import { onBeforeUnmount, onMounted, type Ref, shallowRef, watch } from 'vue';
import { useUi } from '../stores/ui.ts';
import { type Brush, forgetWidths } from './brush.ts';
import { type Palette, readPalette } from './palette.ts';

export interface Stage {
  /** Size in CSS pixels. */
  readonly width: Ref<number>;
  readonly height: Ref<number>;
  /** Paints in the next frame. */
  invalidate(): void;
  /** Whether a paint was asked for that has not come yet. */
  pending(): boolean;
}

export function useStage(
  canvas: Ref<HTMLCanvasElement | undefined>,
  paint: (brush: Brush, width: number, height: number) => void,
): Stage {
  const ui = useUi();
  const width = shallowRef(0);
  const height = shallowRef(0);
  let palette: Palette | undefined;
  let frame = 0;
  let scale = 1;

  function invalidate(): void {
    if (frame === 0) frame = requestAnimationFrame(run);
  }
  function run(): void {
    frame = 0;
    const element = canvas.value;
    const context = element?.getContext('2d', { alpha: false });
    if (element === undefined || context === null || context === undefined || width.value === 0) return;
    if (scale !== window.devicePixelRatio) fitBox();
    palette ??= readPalette(context, scale);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    paint({ context, palette }, width.value, height.value);
  }
  function fitBox(): void {
    const element = canvas.value;
    if (element === undefined) return;
    const box = element.getBoundingClientRect();
    scale = window.devicePixelRatio;
    width.value = Math.round(box.width);
    height.value = Math.round(box.height);
    element.width = Math.round(width.value * scale);
    element.height = Math.round(height.value * scale);
    palette = undefined;
    // A resized canvas is blank: paint before the frame is shown.
    cancelAnimationFrame(frame);
    run();
  }
  function restyle(): void {
    palette = undefined;
    forgetWidths();
    invalidate();
  }

  const observer = new ResizeObserver(fitBox);
  const forced = window.matchMedia('(forced-colors: active)');
  onMounted(() => {
    if (canvas.value !== undefined) observer.observe(canvas.value);
    forced.addEventListener('change', restyle);
    void document.fonts.ready.then(restyle);
  });
  onBeforeUnmount(() => {
    observer.disconnect();
    forced.removeEventListener('change', restyle);
    cancelAnimationFrame(frame);
  });
  watch(() => [ui.theme, ui.contrast], restyle, { flush: 'post' });
  return { width, height, invalidate, pending: () => frame !== 0 };
}
