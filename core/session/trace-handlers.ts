/** `trace.*`, `import.*`, `task.cancel`: opening and making traces. */
import { resolve } from 'node:path';
import { Pace } from '../debug/search/pace.ts';
import { FORMATS } from '../import/import.ts';
import { mayFinish } from './earlier-trace.ts';
import { SessionError } from './failure.ts';
import { standardInput, startFollowing } from './follow-task.ts';
import { type Group, type SessionContext } from './handlers.ts';
import { planOf } from './import-plan.ts';
import { checkOutput, chooseOutput, runImport } from './import-task.ts';
import { interruptCounts, traceInfo } from './info.ts';
import { OpenTrace } from './open-trace.ts';
import { rememberGrown, rememberOpened } from './recent.ts';
import { recordedMachine } from './recorded-machine.ts';
import { startRecording } from './record-handlers.ts';
import { isScenarioFile } from './scenario-file.ts';
import { verifyBlocks } from '../trace/verify.ts';

type Methods =
  | 'trace.open'
  | 'trace.info'
  | 'trace.interrupts'
  | 'trace.close'
  | 'trace.verify'
  | 'import.plan'
  | 'import.start'
  | 'task.cancel';

export function traceHandlers(context: SessionContext): Group<Methods> {
  const { traces, tasks, options } = context;
  return {
    'trace.open': ({ path }) => {
      const trace = traces.add((id) => new OpenTrace(id, resolve(path), context.live));
      const info = traceInfo(trace);
      if (!trace.finished) context.growth.start();
      rememberOpened(context.state, trace, info);
      return info;
    },
    'trace.info': ({ id }) => {
      const trace = traces.get(id);
      trace.reader.refresh();
      return traceInfo(trace);
    },
    'trace.interrupts': ({ id }) => ({ interrupts: interruptCounts(traces.get(id)) }),
    'trace.close': ({ id }) => {
      rememberGrown(context.state, traces.get(id));
      traces.remove(id);
      return {};
    },

    'trace.verify': async ({ id }, signal) => {
      const { reader } = traces.get(id);
      const pace = new Pace({ signal }, reader.blocks.length);
      const check = verifyBlocks(reader);
      for (;;) {
        const { done, value } = check.next();
        if (done === true) return { problem: '', ...value };
        await pace.step(value);
        // It may have been closed.
        traces.get(id);
      }
    },

    'import.plan': (request) => planOf(options.imports, request),
    'import.start': ({
      files,
      output,
      overwrite,
      format,
      keepPartial,
      vcpus,
      offsets,
      follow,
      resume,
      dtb,
      frames,
      guests,
    }) => {
      const [first = ''] = files;
      if (format !== undefined && format !== 'scenario') checkFormat(format);
      const machine = recordedMachine({ dtb, frames });
      const guest = guests?.includes(0) === true;
      if (follow === true)
        return startFollowing(context, { files, output, overwrite, format, vcpus, resume, machine, guest });
      // A scenario is made a trace by recording it.
      if (
        format === 'scenario' ||
        (format === undefined && files.length === 1 && first !== '-' && isScenarioFile(first))
      )
        return startRecording(context, { scenario: first, output, overwrite });
      const sources = files.map((file) => (file === '-' ? file : resolve(file)));
      if (files.includes('-') && (files.length > 1 || offsets !== undefined))
        throw new SessionError({ code: 'usage', message: 'standard input is read alone: copy it to a file first' });
      const target = output === '' ? chooseOutput(options.imports, sources[0] ?? '') : resolve(output);
      const job = {
        files: sources,
        output: target,
        overwrite: overwrite || (resume === true && mayFinish(target, sources)),
        tool: `gicscope ${options.version}`,
        ...(first === '-' ? { stdin: standardInput(options.stdin) } : {}),
        ...(format === undefined ? {} : { format }),
        ...(keepPartial === undefined ? {} : { keepPartial }),
        ...(vcpus === undefined ? {} : { vcpus }),
        ...(offsets === undefined ? {} : { offsets }),
        ...(guests === undefined ? {} : { guests }),
        ...(machine === undefined ? {} : { machine }),
      };
      checkOutput(job);
      const task = tasks.start(`Import ${files.join(', ')}`, (control) => runImport(job, control));
      return { task, output: target };
    },
    'task.cancel': ({ task, keep }) => {
      tasks.cancel(task, keep === true);
      return {};
    },
  };
}

/** @throws SessionError `usage` */
function checkFormat(format: string): void {
  if (FORMATS.some(({ id }) => id === format)) return;
  const known = FORMATS.map(({ id }) => id).join(', ');
  throw new SessionError({ code: 'usage', message: `there is no format ${JSON.stringify(format)}; formats: ${known}` });
}
