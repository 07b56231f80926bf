import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Backend, BackendMissing, type RunningBackend } from '../src/backend.ts'

/** A backend that leaves traces: how often it was installed and stopped, and where it ran. */
export interface ExampleBackend extends Backend {
  readonly trace: { installs: number; stops: number; folder: string }
}

/** A backend of no use, in this process, whose cache is that of its name. */
export function exampleBackend(
  name: string,
  version: string,
  changes: Partial<Backend> = {},
): ExampleBackend {
  const trace = { installs: 0, stops: 0, folder: '' }
  return {
    name,
    tier: 1,
    about: 'an example',
    version,
    async install({ cache }) {
      trace.installs++
      writeFileSync(join(cache, 'program'), version)
    },
    async start({ folder }): Promise<RunningBackend> {
      trace.folder = folder
      writeFileSync(join(folder, 'data'), 'data')
      return {
        version,
        environment: { EXAMPLE: folder },
        stop: async () => {
          trace.stops++
        },
      }
    },
    ...changes,
    trace,
  }
}

/** An error as a backend throws it whose library is not there. */
export const notThere: BackendMissing = new BackendMissing('apt-get install example')
