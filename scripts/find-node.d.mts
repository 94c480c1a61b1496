export const root: string;
export const modules: string;
export function keepCompiled(): void;
export function isNode(wantedMajor: number, wantedMinor: number): boolean;
export function findNode(): string;
export function runInstead(script: string, args: readonly string[]): void;
