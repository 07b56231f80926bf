export function buildAddon(root: string, node: string): { built: boolean; line?: string }
export function hasCompiler(): boolean
