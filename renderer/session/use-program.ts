/**
 * The guest's program beside the moment: its lines, where the vCPUs are in it at the cursor, and the breakpoints on it.
 * Where a recording stands still and the cursor is at its end, the machine itself says where its vCPUs are: plain
 * instructions make no event, so it may be ahead of the last one.
 */
import { computed, type ComputedRef, ref, type Ref, shallowRef, watch } from 'vue';
import { type Result } from '../../core/session/contract.ts';
import { latest } from '../query/latest.ts';
import { useBreakpoints } from '../stores/breakpoints.ts';
import { useLive } from '../stores/live.ts';
import { useTrace } from '../stores/trace.ts';
import { backend, isCancelled, messageOf } from '../transport.ts';

type Program = Result<'scenario.program'>['programs'][number];

export interface ProgramLine {
  readonly index: number;
  /** Of the scenario; 0: of a disassembly. */
  readonly line: number;
  readonly text: string;
  readonly address: string | null;
  /** vCPUs whose next instruction is here. */
  readonly vcpus: readonly number[];
  /** The inspected vCPU is here. */
  readonly current: boolean;
  readonly breakpoint: 'on' | 'off' | undefined;
}

export interface ProgramView {
  readonly programs: ComputedRef<readonly Program[]>;
  /** Index of the program that is shown. */
  readonly chosen: Ref<number>;
  readonly lines: ComputedRef<readonly ProgramLine[]>;
  /** Why there is none, or not all. */
  readonly message: Ref<string>;
  /** Nothing is known of it yet. */
  readonly isReading: ComputedRef<boolean>;
  /** The places are the machine's own, not those of the last event. */
  readonly isLive: ComputedRef<boolean>;
  toggle(index: number): Promise<void>;
}

/** The condition of a breakpoint on an address, as clicks make it. */
const conditionAt = (address: string): string => `pc == ${address}`;

export function useProgram(): ProgramView {
  const trace = useTrace();
  const live = useLive();
  const breakpoints = useBreakpoints();
  const answer = shallowRef<Result<'scenario.program'> | undefined>();
  const message = ref('');
  const chosen = ref(0);
  /** Program counters by vCPU, at the cursor; one that is off executes nothing next. */
  const recorded = shallowRef<ReadonlyMap<number, bigint>>(new Map());

  const programs = computed(() => answer.value?.programs ?? []);
  const isReading = computed(() => answer.value === undefined && message.value === '');
  const isLive = computed(() => live.stopped && live.atEnd && (live.state?.threads.length ?? 0) > 0);
  const places = computed<ReadonlyMap<number, bigint>>(() =>
    isLive.value
      ? new Map(live.state?.threads.map(({ vcpu, pc }) => [vcpu, BigInt(pc)]))
      : new Map([...recorded.value].filter(([vcpu]) => trace.moment?.states.get(vcpu)?.runState !== 'off')),
  );

  async function load(id: number, around?: bigint): Promise<void> {
    try {
      const place = around === undefined ? {} : { around: `0x${around.toString(16)}` };
      const found = await backend().call('scenario.program', { id, ...place });
      if (trace.info?.id !== id) return;
      answer.value = found;
      message.value = found.message;
    } catch (error) {
      if (!isCancelled(error)) message.value = messageOf(error);
    }
  }
  /** The place that a part of an image was asked for last: a place outside the image is not asked for again. */
  let asked: bigint | undefined;
  watch(
    () => trace.info?.id,
    async (id) => {
      answer.value = undefined;
      message.value = '';
      asked = undefined;
      if (id !== undefined) await load(id);
    },
    { immediate: true },
  );

  const counters = latest(async (seq: number, signal) => {
    const args = { id: trace.info?.id ?? 0, seq, glob: 'vcpu*.PC', diff: null, limit: 512 };
    return backend().call('state.slots', args, signal);
  });
  watch(
    () => trace.moment,
    async (moment) => {
      if (moment === undefined) return;
      try {
        const found = await counters.ask(moment.before ? moment.seq - 1 : moment.seq);
        if (found === undefined) return;
        recorded.value = new Map(
          found.slots.flatMap(({ path, value }) => {
            const vcpu = /^vcpu(\d+)\.PC$/.exec(path)?.[1];
            return vcpu === undefined || value === null ? [] : [[Number(vcpu), BigInt(value)] as const];
          }),
        );
      } catch (error) {
        if (!isCancelled(error)) message.value = messageOf(error);
      }
    },
    { immediate: true },
  );

  // The program that the inspected vCPU is in.
  watch([() => trace.vcpu, places, programs], () => {
    const place = places.value.get(trace.vcpu);
    const at = programs.value.findIndex(({ lines }) => lines.some((line) => place !== undefined && holds(line, place)));
    const id = trace.info?.id;
    if (at < 0 && place !== undefined && place !== asked && isPart(answer.value) && id !== undefined) {
      asked = place;
      void load(id, place);
    }
    const own = programs.value.findIndex(({ vcpus }) => vcpus.includes(trace.vcpu));
    chosen.value = Math.max(0, at >= 0 ? at : own);
  });

  const marked = computed(
    () => new Map(breakpoints.entries.map(({ breakpoint }) => [breakpoint.condition, breakpoint.enabled])),
  );
  const lines = computed<readonly ProgramLine[]>(() =>
    (programs.value[chosen.value]?.lines ?? []).map((line, index) => {
      const vcpus = [...places.value].filter(([, pc]) => holds(line, pc)).map(([vcpu]) => vcpu);
      const enabled = line.address === null ? undefined : marked.value.get(conditionAt(line.address));
      return {
        index,
        line: line.line,
        // Comments that were aligned for a wide page leave the pane.
        text: line.text.replace(/ {2,}(?=\/\/)/, '  '),
        address: line.address,
        vcpus,
        current: vcpus.includes(trace.vcpu),
        breakpoint: enabled === undefined ? undefined : enabled ? 'on' : 'off',
      };
    }),
  );

  async function toggle(index: number): Promise<void> {
    const address = lines.value[index]?.address;
    if (address === null || address === undefined) return;
    const condition = conditionAt(address);
    const there = breakpoints.entries.find(({ breakpoint }) => breakpoint.condition === condition);
    if (there === undefined) await breakpoints.add(condition);
    else await breakpoints.remove(there.breakpoint);
  }

  return { programs, chosen, lines, message, isReading, isLive, toggle };
}

/** Whether more of the program is there than is listed: only images are listed in parts. */
function isPart(answer: Result<'scenario.program'> | undefined): boolean {
  return answer?.programs[0]?.title === 'image' && answer.message !== '';
}

function holds({ address, bytes }: Program['lines'][number], pc: bigint): boolean {
  if (address === null) return false;
  const from = BigInt(address);
  return pc >= from && pc < from + BigInt(Math.max(4, bytes));
}
