/** Scenarios for programs: load one, run it, see what came of it. */
export { checkScenario } from './check.ts';
export { DEVICES } from './devices.ts';
export { ScenarioError, type ScenarioProblem } from './errors.ts';
export { loadScenario, type Scenario } from './load.ts';
export { type PackedSink } from './record/scribe.ts';
export { placeOfAddress } from './record/vgic.ts';
export { type Check } from './checks.ts';
export { expectationsOf, type RecordExpectation } from './record-expectations.ts';
export { ScenarioRun } from './run.ts';
