/**
 * Layers point one way (docs/architecture.md). Each rule names a folder and everything it may not reach.
 */
const only = (from, allowed) => ({
  name: `${from.replace(/\//g, '-')}-imports-only-what-it-may`,
  severity: 'error',
  from: { path: `^${from}/` },
  to: { path: '^(core|electron|renderer|test|scripts)/', pathNot: `^(${[from, ...allowed].join('|')})/` },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    only('core/state', []),
    only('core/gic', ['core/state']),
    only('core/kvm', ['core/gic', 'core/state']),
    only('core/machine', ['core/kvm', 'core/gic', 'core/state']),
    only('core/scenario', ['core/machine', 'core/kvm', 'core/gic', 'core/state', 'core/trace']),
    only('core/trace', ['core/state', 'core/gic']),
    {
      name: 'trace-knows-gic-tables-only',
      severity: 'error',
      from: { path: '^core/(trace|import|export|debug)/' },
      to: { path: '^core/gic/(v5|v3|v2)/' },
    },
    only('core/import', ['core/trace', 'core/gic', 'core/state']),
    only('core/debug', ['core/trace', 'core/gic', 'core/state']),
    only('core/export', ['core/trace', 'core/gic', 'core/state', 'core/debug', 'core/analysis']),
    only('core/analysis', ['core/trace', 'core/debug', 'core/machine', 'core/kvm', 'core/gic', 'core/state']),
    only('core/session', ['core']),
    only('core/cli', ['core/session', 'core/state']),
    only('electron', ['core/session']),
    {
      name: 'renderer-knows-the-contract-only',
      severity: 'error',
      from: { path: '^renderer/' },
      to: {
        path: '^(core|electron|test|scripts)/',
        pathNot: '^core/session/(vocabulary|client|transports|wire)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'core-runs-anywhere',
      severity: 'error',
      from: { path: '^core/' },
      to: {
        path: '^(electron|vue|pinia|@vue|reka-ui|@lucide)(/|$)|node_modules/(electron|vue|pinia|@vue|reka-ui|@lucide)/',
      },
    },
    {
      name: 'pure-core-has-no-clock-or-files',
      severity: 'error',
      from: { path: '^core/(state|gic|kvm|machine)/' },
      to: { dependencyTypes: ['core', 'npm'] },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { path: '^(core|electron|renderer)/' },
      to: { path: '^test/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.vue', '.mjs', '.js'], exportsFields: ['exports'] },
  },
};
