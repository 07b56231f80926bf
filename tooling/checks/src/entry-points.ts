import { posix } from 'node:path'
import ts from 'typescript-api'
import { parse } from './parse.ts'
import type { Tree, TreeFile } from './tree.ts'

/** A public name: the package and entry that export it, and the node that declares it, if it was found. */
export type PublicName = { name: string; entry: string; declaration: ts.Node | undefined }

type Manifest = { name: string; private?: boolean; exports?: Record<string, unknown> }

/** The published packages: their folder and manifest. */
export function publishedPackages(tree: Tree): { folder: string; manifest: Manifest }[] {
  return tree.files
    .filter(({ path }) => /^(packages|apps)\/.*package\.json$/.test(path) && !path.includes('/fixtures/'))
    .map((file) => ({
      folder: posix.dirname(file.path),
      manifest: JSON.parse(file.text()) as Manifest,
    }))
    .filter(({ manifest }) => manifest.private !== true)
}

/** Every name that a consumer of the package in `folder` can import, with its declaration. */
export function publicNames(tree: Tree, folder: string, manifest: Manifest): PublicName[] {
  const files = new Map(tree.files.map((file) => [file.path, file]))
  return Object.values(manifest.exports ?? {}).flatMap((target) => {
    if (typeof target !== 'string' || !target.endsWith('.ts')) return []
    const entry = posix.join(folder, target)
    const file = files.get(entry)
    return file === undefined ? [] : exportedFrom(files, file).map((found) => ({ ...found, entry }))
  })
}

type Found = { name: string; declaration: ts.Node | undefined }

function exportedFrom(files: ReadonlyMap<string, TreeFile>, file: TreeFile): Found[] {
  return parse(file).statements.flatMap((statement): Found[] => {
    if (ts.isExportDeclaration(statement)) return reExported(files, file, statement)
    return declaredNames(statement).map((name) => ({ name, declaration: statement }))
  })
}

function reExported(
  files: ReadonlyMap<string, TreeFile>,
  file: TreeFile,
  node: ts.ExportDeclaration,
): Found[] {
  if (node.exportClause === undefined || !ts.isNamedExports(node.exportClause)) return []
  const { moduleSpecifier } = node
  const local =
    moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : ''
  const target = files.get(posix.join(posix.dirname(file.path), local))
  const behind = target === undefined || target === file ? [] : exportedFrom(files, target)
  return node.exportClause.elements.map((element) => {
    const original = (element.propertyName ?? element.name).text
    return { name: element.name.text, declaration: behind.find(({ name }) => name === original)?.declaration }
  })
}

function declaredNames(statement: ts.Statement): string[] {
  const exported = ts.canHaveModifiers(statement)
    ? ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    : false
  if (exported !== true) return []
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map((declaration) => declaration.name.getText())
  }
  const { name } = statement as ts.Statement & { name?: ts.Node }
  return name === undefined ? [] : [name.getText()]
}
