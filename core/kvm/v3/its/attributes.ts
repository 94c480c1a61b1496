/** Attributes of an ITS device (kvm-vgic-v3 §14.10): groups, checks in order, errnos. */
import { anyRunning, give } from '../../attribute.ts';
import { EBUSY, EFAULT, EINVAL, ENODEV, ENXIO, type Result } from '../../errno.ts';
import { UNSET } from '../../frame.ts';
import { type AttributeOp, CTRL, GROUP, type UserMemory } from '../../uapi.ts';
import { checkRange } from '../../vgic/addresses.ts';
import { type Its, ITS_FRAME } from './its.ts';
import { ITS_REGISTERS } from './registers.ts';
import { restoreTables } from './restore-tables.ts';
import { saveTables } from './save-tables.ts';

/** KVM_VGIC_ITS_ADDR_TYPE */
const ADDR_ITS = 4n;
const ALIGN = 0x1_0000n;
/** 64-bit registers lie between these offsets, and are accessed whole. */
const FIRST_WIDE = 8n;
const FIRST_ID = 0xffd0n;

export interface ItsRequest {
  readonly its: Its;
  readonly op: AttributeOp;
  readonly attr: bigint;
  readonly memory: UserMemory;
}

export function attributeIts(request: ItsRequest, group: number): Result {
  request.its.vgic.executing = undefined;
  switch (group) {
    case GROUP.ADDR:
      return address(request);
    case GROUP.CTRL:
      return control(request);
    case GROUP.ITS_REGS:
      return register(request);
    default:
      return -ENXIO;
  }
}

function address({ its, op, attr, memory }: ItsRequest): Result {
  if (op === 'has') return attr === ADDR_ITS ? 0 : -ENXIO;
  if (attr !== ADDR_ITS) return -ENODEV;
  if (op === 'get') return give(memory, its.base.value);
  const value = memory.load(0);
  if (value === undefined) return -EFAULT;
  const result = checkRange(its.vgic, its.base.value, value, ALIGN, BigInt(ITS_FRAME));
  if (result === 0) its.base.value = value;
  return result;
}

type Operation = 'save' | 'restore' | 'reset';
const OPERATIONS: ReadonlyMap<bigint, Operation> = new Map<bigint, Operation>([
  [BigInt(CTRL.ITS_SAVE_TABLES), 'save'],
  [BigInt(CTRL.ITS_RESTORE_TABLES), 'restore'],
  [BigInt(CTRL.ITS_RESET), 'reset'],
]);

function control({ its, op, attr }: ItsRequest): Result {
  const isInit = attr === BigInt(CTRL.INIT);
  const operation = OPERATIONS.get(attr);
  if (op === 'get') return -ENXIO;
  if (op === 'has') return isInit || operation !== undefined ? 0 : -ENXIO;
  // The ITS needs no initialisation.
  if (isInit) return 0;
  if (anyRunning(its.vgic.vm)) return -EBUSY;
  if (operation === undefined) return -ENXIO;
  const result = perform(its, operation);
  its.tell({ kind: 'its.tables', its: its.index, op: operation, result });
  return result;
}

function perform(its: Its, operation: Operation): Result {
  switch (operation) {
    case 'save':
      return saveTables(its);
    case 'restore':
      return restoreTables(its);
    case 'reset':
      its.reset();
      return 0;
  }
}

/** One 64-bit word of user memory, whatever the register's width. */
function register({ its, op, attr, memory }: ItsRequest): Result {
  const value = op === 'set' ? memory.load(0) : 0n;
  if (value === undefined) return -EFAULT;
  const alignment = attr < FIRST_WIDE || attr >= FIRST_ID ? 4n : 8n;
  if (attr % alignment !== 0n) return -EINVAL;
  const offset = Number(attr & 0xffff_ffffn);
  const row = ITS_REGISTERS.find(({ start, length }) => offset >= start && offset < start + length);
  if (op === 'has') return row === undefined ? -ENXIO : 0;
  if (anyRunning(its.vgic.vm)) return -EBUSY;
  if (its.base.value === UNSET || row === undefined) return -ENXIO;
  const part = { offset: offset - row.start, length: row.sizes.includes(8) ? 8 : 4 };
  if (op === 'get') return give(memory, row.read(its, part));
  if (row.userWrite !== undefined) return row.userWrite(its, value);
  row.write?.(its, part, value);
  return 0;
}
