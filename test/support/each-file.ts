/**
 * What every file of unit tests begins with. Files share a process with those before them, to load modules once: hooks
 * at the top of a module would stand in the first file alone, so modules that watch or clean up after a file say so here.
 */
import { judgeNamedProfiles } from '../conformance/named-profiles.ts';
import { removeScratch } from './scratch.ts';
import './seed.ts';

judgeNamedProfiles();
removeScratch();
