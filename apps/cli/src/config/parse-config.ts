import { readFile } from 'node:fs/promises'
import { Ajv, type ErrorObject } from 'ajv'
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import { ownFile } from '../own-files.ts'
import { type KeyringConfig, schemaPath } from './config-file.ts'
import { ConfigFileError, type ConfigProblem } from './config-problem.ts'
import { describeMistake } from './schema-mistake.ts'

/** What a config file says. */
export interface ConfigContent {
  readonly keyrings: Readonly<Record<string, KeyringConfig>>
  readonly providers?: Readonly<Record<string, string>> | undefined
}

/**
 * Parses a config file and checks it by the schema. Comments are allowed.
 *
 * @param text of the file
 * @param file its name for messages
 * @throws ConfigFileError with every mistake, its line and column, and what is allowed
 */
export async function parseConfig(text: string, file: string): Promise<ConfigContent> {
  const lines = lineStarts(text)
  const problem = (offset: number, message: string, allowed?: string): ConfigProblem => {
    const line = lines.findLastIndex((start) => start <= offset)
    return { file, line: line + 1, column: offset - (lines[line] ?? 0) + 1, message, allowed }
  }
  const syntax: ParseError[] = []
  const tree = parseTree(text, syntax, { allowTrailingComma: false })
  if (tree === undefined || syntax.length > 0) {
    const [first] = syntax
    const what = first === undefined ? 'ValueExpected' : printParseErrorCode(first.error)
    throw new ConfigFileError([problem(first?.offset ?? 0, `this is not JSON: ${spaced(what)}`)])
  }
  const repeated = repeatedNames(tree).map((node) =>
    problem(node.offset, `"${node.value}" stands here twice`),
  )
  if (repeated.length > 0) throw new ConfigFileError(repeated)

  const schema: object = JSON.parse(await readFile(ownFile(schemaPath), 'utf8'))
  const validate = new Ajv({ allErrors: true, verbose: true, strict: false }).compile<ConfigContent>(schema)
  const value: unknown = plainValue(tree)
  if (validate(value)) return checkKeyrings(value, tree, problem)
  const problems = (validate.errors ?? []).filter(isCause).map((error) => {
    const { name, message, allowed } = describeMistake(error)
    return problem(placeOf(tree, error, name).offset, message, allowed)
  })
  throw new ConfigFileError(problems.sort((a, b) => a.line - b.line || a.column - b.column))
}

/** What the schema cannot say: how the options of one keyring go together. */
function checkKeyrings(
  content: ConfigContent,
  tree: Node,
  problem: (offset: number, message: string, allowed?: string) => ConfigProblem,
): ConfigContent {
  const problems: ConfigProblem[] = []
  for (const [name, ring] of Object.entries(content.keyrings)) {
    const at = (option: string): number =>
      (findNodeAtLocation(tree, ['keyrings', name, option]) ?? tree).offset
    const { seal, groups, threshold } = ring
    if (groups !== undefined && seal !== undefined) {
      problems.push(problem(at('seal'), 'seal and groups exclude one another', 'one of the two'))
    }
    if (groups !== undefined && (threshold === undefined || threshold > groups.length)) {
      const place = threshold === undefined ? at('groups') : at('threshold')
      problems.push(
        problem(place, 'groups need a threshold that they can reach', `threshold from 2 to ${groups.length}`),
      )
    }
    if (groups === undefined && threshold !== undefined) {
      problems.push(problem(at('threshold'), 'threshold is given together with groups', 'groups beside it'))
    }
  }
  if (problems.length > 0) throw new ConfigFileError(problems)
  return content
}

/** Errors that only say that another one stands inside. */
function isCause({ keyword }: ErrorObject): boolean {
  return keyword !== 'propertyNames'
}

function placeOf(tree: Node, { instancePath }: ErrorObject, name: string | undefined): Node {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  let node: Node = tree
  for (const part of path) {
    const key = node.type === 'array' ? Number(part) : part
    node = findNodeAtLocation(node, [key]) ?? node
  }
  if (name === undefined || node.type !== 'object') return node
  return node.children?.find((property) => property.children?.[0]?.value === name) ?? node
}

function repeatedNames(node: Node): readonly Node[] {
  const children = node.children ?? []
  const seen = new Set<string>()
  const here = (node.type === 'object' ? children : []).flatMap((property) => {
    const [name] = property.children ?? []
    if (name === undefined) return []
    const repeated = seen.has(String(name.value))
    seen.add(String(name.value))
    return repeated ? [name] : []
  })
  return [...here, ...children.flatMap(repeatedNames)]
}

/** A value without prototype, so that a member named `__proto__` is a member like any other, and refused. */
function plainValue(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(plainValue)
  if (node.type !== 'object') return node.value
  const members = (node.children ?? []).flatMap(({ children = [] }) => {
    const [name, value] = children
    return name === undefined || value === undefined ? [] : [[String(name.value), plainValue(value)] as const]
  })
  return Object.assign(Object.create(null), Object.fromEntries(members))
}

function lineStarts(text: string): readonly number[] {
  return [0, ...Array.from(text.matchAll(/\r\n|\n|\r/g), (end) => end.index + end[0].length)]
}

/** `CommaExpected` as words. */
function spaced(name: string): string {
  return name.replace(/(?<=.)[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).toLowerCase()
}
