/** `session.defaultSession`: keeps the application's decisions about permissions, and asks them for tests. */
type RequestHandler = (contents: object, permission: string, answer: (granted: boolean) => void) => void;
type CheckHandler = (contents: object | null, permission: string) => boolean;

class Session {
  // Electron grants what nobody decides about.
  #request: RequestHandler = (_contents, _permission, answer) => answer(true);
  #check: CheckHandler = () => true;
  #device: () => boolean = () => false;

  setPermissionRequestHandler(handler: RequestHandler): void {
    this.#request = handler;
  }
  setPermissionCheckHandler(handler: CheckHandler): void {
    this.#check = handler;
  }
  setDevicePermissionHandler(handler: () => boolean): void {
    this.#device = handler;
  }

  decide(contents: object, permission: string): Promise<{ request: boolean; check: boolean; device: boolean }> {
    return new Promise((resolve) => {
      this.#request(contents, permission, (request) => {
        resolve({ request, check: this.#check(contents, permission), device: this.#device() });
      });
    });
  }
}

export const defaultSession = new Session();
