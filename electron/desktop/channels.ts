/** Names of the messages between preload and main process. */
export const CHANNEL = {
  /** A page is ready to be told of pushes and the backend's state. */
  hello: 'session:hello',
  call: 'session:call',
  cancel: 'session:cancel',
  restart: 'session:restart',
  /** Main → page. */
  message: 'session:message',
  chooseFiles: 'shell:choose-files',
  chooseReport: 'shell:choose-report',
  reveal: 'shell:reveal',
  minimize: 'window:minimize',
  toggleMaximize: 'window:toggle-maximize',
  close: 'window:close',
  showMenu: 'window:show-menu',
  /** Main → page. */
  windowState: 'window:state',
} as const;
