export type { Clock } from './clock.ts'
export { type Health, health, type Statistics } from './health.ts'
export type { ResilienceOptions } from './options.ts'
export { resilient } from './resilient.ts'
