import ts from 'typescript-api'
import { lineOf, parse } from './parse.ts'
import { type Checker, sources } from './tree.ts'

// An index.ts is a package's table of contents. Read on its own it says what is public; a definition or an
// `export *` in it hides that again, and makes a name public by accident.

/** Every index.ts holds `export { name } from './file.ts'` statements and nothing else. */
export const indexFiles: Checker = {
  name: 'index-files',
  check(tree) {
    return sources(tree)
      .filter(({ path }) => path.endsWith('/index.ts'))
      .flatMap((file) =>
        parse(file)
          .statements.filter((statement) => !isNamedReExport(statement))
          .map((statement) => `${file.path}:${lineOf(statement)}: an index holds named re-exports only`),
      )
  },
}

function isNamedReExport(statement: ts.Statement): boolean {
  if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined) return false
  return statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause)
}
