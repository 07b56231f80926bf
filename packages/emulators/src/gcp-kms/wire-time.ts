/** An ISO 8601 time as the wire has it. */
export function toWireTime(iso: string): { readonly seconds: string; readonly nanos: number } {
  const milliseconds = Date.parse(iso)
  const seconds = Math.floor(milliseconds / 1000)
  return { seconds: String(seconds), nanos: (milliseconds - seconds * 1000) * 1_000_000 }
}

export function afterSeconds(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000)
}
