/** The keys of commands: those of the tables, changed as the person wished. Remembered. */
import { defineStore } from 'pinia';
import { computed } from 'vue';
import { type Command } from '../commands/command.ts';
import { assign, keysOf, parseKeyChanges, printKeyChanges, restore } from '../commands/key-map.ts';
import { remembered } from '../remember.ts';

export const useKeyMap = defineStore('key-map', () => {
  const stored = remembered<string>('keys', '{}');
  const changes = computed(() => parseKeyChanges(stored.value));

  /** The first is printed where the action is. */
  const keys = (command: Command): readonly string[] => keysOf(command, changes.value);
  const isChanged = ({ id }: Command): boolean => changes.value.has(id);

  /** @returns the commands that lost the chord */
  function give(commands: readonly Command[], id: string, chord: string): readonly Command[] {
    const assignment = assign(commands, changes.value, id, chord);
    stored.value = printKeyChanges(assignment.changes);
    return assignment.taken;
  }
  function takeBack(commands: readonly Command[], id: string): void {
    stored.value = printKeyChanges(restore(commands, changes.value, id));
  }
  function takeAllBack(): void {
    stored.value = '{}';
  }

  return { changes, keys, isChanged, give, takeBack, takeAllBack };
});
