import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'

/** Is told the time that an answer states. */
export type DateListener = (date: Date) => void

const listeners = new AsyncLocalStorage<DateListener>()
/** HTTP/2 answers arrive in the context of their connection, which calls share. */
const ofStreams = new WeakMap<object, DateListener>()
let subscribed = false

/**
 * Does some work, and tells the `Date` of every HTTP answer that came to it, whatever client asked: Node tells them on
 * its diagnostics channels. Nothing is asked for it. An old Node tells none of HTTP/2, and none is told then.
 *
 * @param listener is told each
 * @param work that makes calls
 */
export function hearDates<T>(listener: DateListener, work: () => Promise<T>): Promise<T> {
  if (!subscribed) subscribeAll()
  subscribed = true
  return listeners.run(listener, work)
}

function subscribeAll(): void {
  subscribe('http.client.response.finish', (message) => {
    tell(listeners.getStore(), field(field(field(message, 'response'), 'headers'), 'date'))
  })
  subscribe('http2.client.stream.created', (message) => {
    const [stream, listener] = [field(message, 'stream'), listeners.getStore()]
    if (isObject(stream) && listener !== undefined) ofStreams.set(stream, listener)
  })
  subscribe('http2.client.stream.finish', (message) => {
    const stream = field(message, 'stream')
    if (isObject(stream)) tell(ofStreams.get(stream), field(field(message, 'headers'), 'date'))
  })
  subscribe('undici:request:headers', (message) => {
    tell(listeners.getStore(), rawDate(field(field(message, 'response'), 'headers')))
  })
}

function tell(listener: DateListener | undefined, text: unknown): void {
  const date = new Date(typeof text === 'string' ? text : Number.NaN)
  if (!Number.isNaN(date.getTime())) listener?.(date)
}

/** Names and values by turns, as bytes. */
function rawDate(headers: unknown): string | undefined {
  if (!Array.isArray(headers)) return undefined
  const at = headers.findIndex((name, index) => index % 2 === 0 && String(name).toLowerCase() === 'date')
  return at < 0 ? undefined : String(headers[at + 1])
}

function field(value: unknown, name: string): unknown {
  return isObject(value) ? Reflect.get(value, name) : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
