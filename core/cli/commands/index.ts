/** All commands, in the order of `--help` and the docs. */
import { type Command } from '../command.ts';
import { checkCommand } from './check.ts';
import { completionCommand } from './completion.ts';
import { eventsCommand } from './events.ts';
import { exportCommand } from './export.ts';
import { findCommand } from './find.ts';
import { historyCommand } from './history.ts';
import { importCommand } from './import.ts';
import { infoCommand } from './info.ts';
import { latencyCommand } from './latency.ts';
import { recordCommand } from './record.ts';
import { replayCommand } from './replay.ts';
import { scenarioCommand } from './scenario.ts';
import { openCommand, serveCommand } from './shells.ts';
import { sqlCommand } from './sql.ts';
import { stateCommand } from './state.ts';

export const COMMANDS: readonly Command[] = [
  openCommand,
  serveCommand,
  recordCommand,
  importCommand,
  infoCommand,
  eventsCommand,
  stateCommand,
  findCommand,
  historyCommand,
  latencyCommand,
  checkCommand,
  replayCommand,
  exportCommand,
  sqlCommand,
  scenarioCommand,
  completionCommand(() => COMMANDS),
];
