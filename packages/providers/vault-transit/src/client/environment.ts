/** A variable of the vault command, or of OpenBao's. */
export function environment(name: string): string | undefined {
  return process.env[`VAULT_${name}`] || process.env[`BAO_${name}`] || undefined
}
