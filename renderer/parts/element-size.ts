/** The size of an element's content, kept up to date while the component that shows it stands. */
import { onBeforeUnmount, onMounted, type Ref, ref } from 'vue';

export interface ElementSize {
  readonly width: Ref<number>;
  readonly height: Ref<number>;
}

/** @param before what counts until the element is laid out */
export function useElementSize(
  element: Ref<HTMLElement | undefined>,
  before: { readonly width: number; readonly height: number },
): ElementSize {
  const width = ref(before.width);
  const height = ref(before.height);
  const observer = new ResizeObserver(([entry]) => {
    if (entry === undefined) return;
    width.value = entry.contentRect.width;
    height.value = entry.contentRect.height;
  });
  onMounted(() => element.value !== undefined && observer.observe(element.value));
  onBeforeUnmount(() => observer.disconnect());
  return { width, height };
}
