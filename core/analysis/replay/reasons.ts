/** Why a recorded value is not compared, in the words that every model uses. */
export const REASON = {
  vcpu: 'the recording does not tell which vCPU',
  register: 'the emulator has no such register',
} as const;
