/** Colours that tell breakpoints apart: on the timeline's flags and in the list. Legible in both themes. */
export const BREAKPOINT_COLOURS: readonly { readonly value: string; readonly name: string }[] = [
  { value: '', name: 'red, as usual' },
  { value: '#c97f0a', name: 'ochre' },
  { value: '#2f9e6e', name: 'green' },
  { value: '#1c93a8', name: 'teal' },
  { value: '#7b74f2', name: 'violet' },
  { value: '#c2549d', name: 'magenta' },
];

/** CSS colour of a breakpoint. */
export function breakpointColour(colour: string | undefined): string {
  return colour === undefined || colour === '' ? 'var(--hit)' : colour;
}
