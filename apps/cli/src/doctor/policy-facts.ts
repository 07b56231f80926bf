import type { ConfigFile } from '../config/config-file.ts'
import { type Check, notChecked, ok, warning } from './check.ts'
import type { Evidence } from './evidence.ts'

/**
 * What the config file says of a key.
 *
 * @param uri as the file would write it
 * @param config undefined without one
 * @param evidence what the key declares
 */
export function policyCheck(uri: string, config: ConfigFile | undefined, { connect }: Evidence): Check {
  const check = 'local policy'
  if (config === undefined) return notChecked(check, 'there is no config file')
  const facts: string[] = []
  let mixes = false
  for (const [name, ring] of Object.entries(config.keyrings)) {
    const { seal = [], open = [], groups = [], threshold, minThreshold } = ring
    const uses = [
      ...(seal.includes(uri) ? ['seals'] : []),
      ...(open.includes(uri) ? ['opens only'] : []),
      ...groups.flatMap((group, at) =>
        group.includes(uri) ? [`is in group ${at + 1} of ${groups.length}`] : [],
      ),
    ]
    if (uses.length === 0) continue
    const others = new Set([...seal, ...open, ...groups.flat()].filter((other) => other !== uri)).size
    const more = [
      ...(threshold === undefined ? [] : [`threshold ${threshold}`]),
      ...(minThreshold === undefined ? [] : [`at least ${minThreshold} on reading`]),
      ...(ring.acceptPublicKeyWrap === true ? ['public-key wraps are accepted'] : []),
      ...(ring.cache === undefined ? [] : ['data keys are cached']),
    ]
    facts.push(`keyring ${name}: ${[...uses, ...more].join(', ')}`)
    if (others > 0 && ring.acceptPublicKeyWrap !== true) mixes = true
  }
  if (facts.length === 0) return ok(check, 'no keyring of the config file names it', 'config file')
  const declared = connect?.error === undefined ? connect?.value.capabilities.wrapAuthenticity : undefined
  if (declared === 'public-key' && mixes) {
    const fix =
      'acceptPublicKeyWrap in the keyring, if that is what you want: its slots, which anyone can make, are refused beside others'
    return warning(check, facts.join('; '), fix, 'config file')
  }
  return ok(check, facts.join('; '), 'config file')
}
