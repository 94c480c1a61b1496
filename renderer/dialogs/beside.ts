/**
 * Where a dialog stands that must not cover what it is about: left of it, bottoms aligned, or above it where there is
 * no room at its side. Pure.
 */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const GAP = 8;
/** The title bar stays in view. */
const HEAD = 48;
const LEAST_HEIGHT = 320;

/** CSS of the dialog; undefined: there is no room beside the box, or no box. Lengths are in pixels. */
export function placeBeside(
  box: Box | undefined,
  width: number,
  view: { readonly width: number; readonly height: number },
): Readonly<Record<string, string>> | undefined {
  if (box === undefined || box.right <= box.left || box.bottom <= box.top) return undefined;
  const px = (length: number): string => `${Math.round(length)}px`;
  if (box.left >= width + 2 * GAP && box.bottom - HEAD >= LEAST_HEIGHT)
    return {
      left: px(box.left - width - GAP),
      bottom: px(view.height - box.bottom + GAP),
      maxHeight: px(box.bottom - GAP - HEAD),
    };
  if (box.top - GAP - HEAD < LEAST_HEIGHT) return undefined;
  const left = Math.min(Math.max(box.right - width, GAP), Math.max(view.width - width - GAP, GAP));
  return { left: px(left), bottom: px(view.height - box.top + GAP), maxHeight: px(box.top - GAP - HEAD) };
}
