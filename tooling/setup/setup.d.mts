export const root: string
export function setUp(scope: 'command' | 'all'): string
export function runsTypeScript(version: string): boolean
export function workspaceFolders(): string[]
