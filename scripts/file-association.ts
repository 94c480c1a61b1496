/**
 * What a Linux desktop needs to know to open `.gscope` files with this checkout: a MIME type (shared-mime-info
 * specification) and a desktop entry (Desktop Entry specification 1.5). Both are plain files below the user's data
 * folder; nothing outside it is touched.
 */
import { join } from 'node:path';
import { APPLICATION_ID } from '../core/trace/schema.ts';

export const MIME_TYPE = 'application/x-gicscope';
export const DESKTOP_ENTRY = 'gicscope.desktop';

/** Where SQLite keeps the application id of a file, in bytes (SQLite file format, section 1.3). */
const APPLICATION_ID_OFFSET = 68;

export interface DesktopFile {
  readonly path: string;
  readonly text: string;
}

/** $XDG_DATA_HOME, or its default (XDG Base Directory specification). */
export function dataHome(env: NodeJS.ProcessEnv, home: string): string {
  const given = env['XDG_DATA_HOME'];
  return given !== undefined && given.startsWith('/') ? given : join(home, '.local', 'share');
}

/**
 * The files that associate `.gscope` with a command.
 * @param folder the user's data folder
 * @param command absolute path of the program, then its arguments before the trace
 */
export function associationFiles(folder: string, command: readonly string[]): readonly DesktopFile[] {
  return [
    { path: join(folder, 'applications', DESKTOP_ENTRY), text: desktopEntry(command) },
    { path: join(folder, 'mime', 'packages', 'gicscope.xml'), text: mimePackage() },
  ];
}

function desktopEntry(command: readonly string[]): string {
  return `[Desktop Entry]
Type=Application
Version=1.5
Name=gicscope
GenericName=Interrupt trace debugger
Comment=See and explain the interrupts of Arm virtual machines
Exec=${command.map(quoted).join(' ')} %f
MimeType=${MIME_TYPE};
Categories=Development;Debugger;
Terminal=false
`;
}

/**
 * One argument of the key Exec: quoted as its section says, `%` doubled because it begins a field code, and then the
 * backslashes doubled once more because the value is a string.
 */
function quoted(argument: string): string {
  const inQuotes = argument.replaceAll(/["`$\\]/g, '\\$&').replaceAll('%', '%%');
  return `"${inQuotes}"`.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

function mimePackage(): string {
  const id = `0x${APPLICATION_ID.toString(16)}`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="${MIME_TYPE}">
    <comment>gicscope trace</comment>
    <sub-class-of type="application/vnd.sqlite3"/>
    <magic priority="60">
      <match type="string" value="SQLite format 3" offset="0">
        <match type="big32" value="${id}" offset="${APPLICATION_ID_OFFSET}"/>
      </match>
    </magic>
    <glob pattern="*.gscope"/>
  </mime-type>
</mime-info>
`;
}
