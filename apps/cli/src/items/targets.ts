import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { KeywrightError } from '@keywright/core'
import { mistake } from '../flags/mistake.ts'
import { type FileItem, sealedEnding } from './walk.ts'

/** Where results go. */
export interface TargetOptions {
  /** Value of --out. */
  readonly out: string | undefined
  readonly isMany: boolean
  /** Number of paths that were given. */
  readonly paths: number
  /** How a result is named after its source. */
  readonly rename: (name: string) => string
}

/** Names the results of one run, each name once. */
export class Targets {
  readonly #options: TargetOptions
  readonly #outIsFolder: boolean
  readonly #taken = new Set<string>()

  private constructor(options: TargetOptions, outIsFolder: boolean) {
    this.#options = options
    this.#outIsFolder = outIsFolder
  }

  /** @throws KeywrightError `invalid-argument` where several results have one name */
  static async plan(options: TargetOptions): Promise<Targets> {
    const { out, isMany } = options
    if (out === undefined) return new Targets(options, false)
    const isFolder = await stat(out).then(
      (facts) => facts.isDirectory(),
      () => undefined,
    )
    if (isMany && isFolder === false)
      throw mistake('--out', `--out ${out} is a file, and the results are several`)
    return new Targets(options, isMany || isFolder === true || /[/\\]$/.test(out))
  }

  /**
   * The path of one result.
   *
   * @param item its source
   * @throws KeywrightError `storage-exists` when another source of this run has this name already
   */
  of(item: FileItem): string {
    const target = this.#path(item)
    const absolute = resolve(target)
    if (this.#taken.has(absolute)) {
      throw new KeywrightError('storage-exists', `another path of this run becomes ${target} already`, {
        field: '--out',
      })
    }
    this.#taken.add(absolute)
    return target
  }

  #path({ path, inside, givenName }: FileItem): string {
    const { out, paths, rename } = this.#options
    if (out === undefined) return rename(path)
    if (!this.#outIsFolder) return out
    if (inside === undefined) return join(out, rename(basename(path)))
    return paths > 1 ? join(out, givenName, rename(inside)) : join(out, rename(inside))
  }
}

/** `FILE.kw` for FILE. */
export function sealedName(name: string): string {
  return `${name}${sealedEnding}`
}

/**
 * FILE for `FILE.kw`.
 *
 * @throws KeywrightError `invalid-argument` for a name without the ending
 */
export function openedName(name: string): string {
  if (name.endsWith(sealedEnding) && basename(name) !== sealedEnding)
    return name.slice(0, -sealedEnding.length)
  throw mistake('--out', `${name} does not end in ${sealedEnding}: say with --out where its content goes`)
}
