import ts from 'typescript-api'
import type { TreeFile } from './tree.ts'

/** Parses a TypeScript file without types. */
export function parse(file: TreeFile): ts.SourceFile {
  return ts.createSourceFile(file.path, file.text(), ts.ScriptTarget.Latest, true, ts.ScriptKind.TS)
}

/** The line of a node, from 1. */
export function lineOf(node: ts.Node): number {
  const source = node.getSourceFile()
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
}
