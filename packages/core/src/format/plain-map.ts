/**
 * Whether a value is an object that can stand for a map of text. A Map, an array, an ArrayBuffer or a promise that
 * nobody awaited has no names of its own, and would be taken for {}: bound to nothing.
 */
export function isPlainMap(value: unknown): boolean {
  // By its tag, not its prototype: objects of another realm (a test runner's, a frame's) are as good.
  return Object.prototype.toString.call(value) === '[object Object]'
}
