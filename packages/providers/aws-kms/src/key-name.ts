import { KeywrightError } from '@keywright/core/provider'

/** A key as it was named: by its ARN, or by an id or alias whose ARN only the service knows. */
export interface KeyName {
  /** As it goes to the service. */
  readonly text: string
  /** Whether it is a key ARN. */
  readonly isKeyArn: boolean
  /** The Region that an ARN names. */
  readonly region?: string | undefined
}

const region = '[a-z]{2}(?:-[a-z]{1,12}){1,3}-[0-9]{1,2}'
const keyId = '(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})'
const alias = 'alias/[A-Za-z0-9/_-]{1,250}'
const arnGrammar = new RegExp(
  `^(arn:aws[a-z-]{0,12}:kms):(${region}):([0-9]{12}):(?:key/(${keyId})|${alias})$`,
)
const nameGrammar = new RegExp(`^(?:${keyId}|${alias})$`)
const regionGrammar = new RegExp(`^${region}$`)

/**
 * Reads a key ARN, an alias ARN, `alias/NAME` or a key id.
 *
 * @throws KeywrightError `configuration`, with field `key`
 */
export function parseKeyName(text: string): KeyName {
  if (nameGrammar.test(text)) return { text, isKeyArn: false }
  const [found, , region, , id] = arnGrammar.exec(text) ?? []
  if (found !== undefined) return { text, isKeyArn: id !== undefined, region }
  const message = 'an AWS KMS key is named by its ARN, its id, alias/NAME or the ARN of an alias'
  throw new KeywrightError('configuration', message, { field: 'key' })
}

/** @throws KeywrightError `configuration`, with field `region` */
export function checkedRegion(text: string): string {
  if (regionGrammar.test(text)) return text
  throw new KeywrightError('configuration', 'a Region is named like eu-west-1', { field: 'region' })
}

/**
 * The ARN of the same key in another Region, which only a multi-Region key has.
 *
 * @returns the ARN itself where it is of that Region; undefined for a key of another Region alone
 */
export function arnInRegion(arn: string, region: string): string | undefined {
  const [, partition, home, account, id] = arnGrammar.exec(arn) ?? []
  if (id === undefined) return undefined
  if (home === region) return arn
  return id.startsWith('mrk-') ? `${partition}:${region}:${account}:key/${id}` : undefined
}

/** Whether two key ARNs name one key: the same, or replicas of one multi-Region key. */
export function sameKey(one: string, other: string): boolean {
  if (one === other) return true
  const [, , home] = arnGrammar.exec(other) ?? []
  return home !== undefined && arnInRegion(one, home) === other
}
