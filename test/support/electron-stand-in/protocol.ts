/** `protocol`: the application's own schemes. */
type Handler = (request: Request) => Response | Promise<Response>;

const handlers = new Map<string, Handler>();
const privileged = new Set<string>();

export const protocol = {
  registerSchemesAsPrivileged(schemes: readonly { readonly scheme: string }[]): void {
    for (const { scheme } of schemes) privileged.add(scheme);
  },
  handle(scheme: string, handler: Handler): void {
    if (handlers.has(scheme)) throw new Error(`Failed to register protocol: ${scheme}`);
    // Without privileges a page of the scheme has no origin: the window would not work in Electron.
    if (!privileged.has(scheme)) throw new Error(`${scheme} was not registered as privileged`);
    handlers.set(scheme, handler);
  },
};

interface FulfilledRequest {
  readonly responseCode: number;
  readonly responseHeaders: readonly { readonly name: string; readonly value: string }[];
  readonly body: string;
}

/** What the DevTools protocol answers a request with; undefined: it is not of the application. */
export async function answerRequest(url: string, method: string): Promise<FulfilledRequest | undefined> {
  const handler = handlers.get(new URL(url).protocol.slice(0, -1));
  if (handler === undefined) return undefined;
  const response = await handler(new Request(url, { method }));
  return {
    responseCode: response.status,
    responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
    body: Buffer.from(await response.arrayBuffer()).toString('base64'),
  };
}
