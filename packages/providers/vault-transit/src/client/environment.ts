/** Where the vault command looks for Vault unless it is told. */
export const defaultAddress = 'https://127.0.0.1:8200'

/** A variable of the vault command, or of OpenBao's. */
export function environment(name: string): string | undefined {
  return process.env[`VAULT_${name}`] || process.env[`BAO_${name}`] || undefined
}

/** A Vault of which the environment tells, by an address. */
export interface EnvironmentVault {
  readonly url: URL
  /** What follows the names of its variables, such as `_NEXT`. */
  readonly suffix: string
  /** One of its own variables, such as `TOKEN`. */
  readonly variable: (name: string) => string | undefined
}

/**
 * Every Vault whose address stands in VAULT_ADDR, BAO_ADDR, or one of these with a name after it. The variables of one
 * are for no other: a token in particular. VAULT_ and BAO_ are twins unless both say where, and not the same.
 */
export function environmentVaults(): readonly EnvironmentVault[] {
  const vaults = Object.keys(process.env).flatMap((variable) => {
    const [, prefix, suffix = ''] = /^(VAULT|BAO)_ADDR((?:_\w+)?)$/.exec(variable) ?? []
    const url = prefix === undefined ? null : URL.parse(process.env[variable] ?? '')
    return prefix === undefined || url === null ? [] : [{ prefix, suffix, url }]
  })
  const order = ({ prefix, suffix }: (typeof vaults)[number]): string => `${suffix} ${prefix === 'BAO'}`
  vaults.sort((a, b) => (order(a) < order(b) ? -1 : 1))
  return vaults.map(({ prefix, suffix, url }) => {
    const others = vaults.filter((other) => other.suffix === suffix && other.url.origin !== url.origin)
    const prefixes = [prefix, prefix === 'BAO' ? 'VAULT' : 'BAO'].slice(0, others.length > 0 ? 1 : 2)
    const variable = (name: string): string | undefined =>
      prefixes.map((each) => process.env[`${each}_${name}${suffix}`]).find((value) => value)
    return { url, suffix, variable }
  })
}

/** The Vault of the environment that is found there; the default address is that of an environment which names none. */
export function environmentOf(origin: string): EnvironmentVault | undefined {
  const found = environmentVaults().find(({ url }) => url.origin === origin)
  if (found !== undefined || environment('ADDR') !== undefined || origin !== defaultAddress) return found
  return { url: new URL(defaultAddress), suffix: '', variable: environment }
}
