// What stands on the library, in one module, to be loaded together.
export { breaker } from './breaker.ts'
export { places } from './places.ts'
