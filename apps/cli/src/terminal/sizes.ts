const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/**
 * A number of bytes for people.
 *
 * @param bytes a whole number
 */
export function readableSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  const step = Math.min(units.length, Math.floor(Math.log2(bytes) / 10))
  return `${(bytes / 1024 ** step).toFixed(1)} ${units[step - 1]}`
}

/**
 * A number with its noun: `1 file`, `2 files`.
 *
 * @param count a whole number
 * @param noun in the singular
 */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}
