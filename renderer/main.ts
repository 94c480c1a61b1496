/** Starts the window: connects, mounts, and wires what the backend tells without being asked. */
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import App from './App.vue';
import { runCommand } from './commands/index.ts';
import { useApp } from './stores/app.ts';
import { useBreakpoints } from './stores/breakpoints.ts';
import { useLive } from './stores/live.ts';
import { useTrace } from './stores/trace.ts';
import { useUi } from './stores/ui.ts';
import { connect, messageOf } from './transport.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/lists.css';
import './styles/live-bar.css';

const client = connect();
const application = createApp(App);
application.use(createPinia());
application.config.errorHandler = (error) => {
  console.error(error);
  useUi().notify('error', messageOf(error));
};

const app = useApp();
const trace = useTrace();
const live = useLive();
let epoch: number | undefined;

client.onConnection((connection) => {
  app.connection = connection;
  if (connection.state !== 'open' || connection.epoch === epoch) return;
  // Another life of the backend: traces must be opened again.
  const first = epoch === undefined;
  epoch = connection.epoch;
  void app.refresh();
  // A host that was started with a trace names it in the page's address.
  const given = new URLSearchParams(window.location.search).get('open');
  if (first && given !== null) void app.open(given);
  if (!first) trace.reopen().catch((error: unknown) => useUi().notify('error', messageOf(error)));
});
client.on('task', (progress) => void app.onProgress(progress));
client.on('search', ({ id, done, total }) => {
  if (trace.info?.id === id) useBreakpoints().progress = done / Math.max(1, total);
});
client.on('grown', ({ id, events, durationNs, finished }) => {
  if (trace.info?.id === id) trace.grow(events, durationNs, finished);
});
client.on('live', (state) => void live.onState(state));
client.on('command', ({ command, argument }) => {
  // The menu's recent files and files from the system come as `open` with a path.
  if (command === 'open' && argument !== '') void app.open(argument);
  else void runCommand(command);
});

application.mount('#app');
