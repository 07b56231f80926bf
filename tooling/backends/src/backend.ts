/** What an installation may use. */
export interface InstallPlace {
  /** Absolute path of an existing folder of this backend's own, kept from run to run until its key changes. */
  readonly cache: string
  /** Says what is being fetched or built, in one line. */
  say(line: string): void
}

/** What a start may use. */
export interface StartPlace {
  /** Absolute path of the folder that `install` filled. */
  readonly cache: string
  /** Absolute path of an empty folder for this one run, readable by its owner only and removed after the stop. */
  readonly folder: string
}

/** A backend that is ready to be called. */
export interface RunningBackend {
  /** The version that runs, as the server itself gives it where it does. */
  readonly version: string
  /** What a client needs to find it: names and values of environment variables. */
  readonly environment: Readonly<Record<string, string>>
  /** Ends it: resolves when no process of it is left. The private folder is removed by the caller. */
  stop(): Promise<void>
  /** Resolves when it has ended, also by itself; left out by what has no process. */
  readonly ended?: Promise<void> | undefined
}

/**
 * A server, or a library that stands for a device, for tests and daily work. `tooling/backends/<name>/backend.ts`
 * exports one under the name `backend`; that file is all it takes to add one.
 */
export interface Backend {
  /** The name of its folder. */
  readonly name: string
  /** 1: always. 2: in CI and with `npm test -- --all`. 3: in `npm run test:long`. */
  readonly tier: 1 | 2 | 3
  /** What it is, in a few words. */
  readonly about: string
  /** The version that gets installed. A change of it installs anew. */
  readonly version: string
  /** Files in the backend's folder that the installation is made from, by name. A change of one installs anew. */
  readonly sources?: readonly string[] | undefined
  /**
   * What this machine lacks and only the user can provide, found without fetching anything: one line that says how to
   * get it, undefined when `install` can go ahead. For the list of backends; left out where nothing can be lacking.
   */
  missing?(): Promise<string | undefined>
  /**
   * Puts into `place.cache` whatever `start` needs. Called once for each key of version and sources, by one process
   * at a time, in an empty folder; what a failed call left there is removed.
   *
   * @throws BackendMissing when something is wanting that only the user can provide
   */
  install(place: InstallPlace): Promise<void>
  /**
   * Starts it, waits until it is ready and seeds it.
   *
   * @throws BackendMissing when what `install` found is gone; it is installed once more then
   */
  start(place: StartPlace): Promise<RunningBackend>
}

/** A backend cannot be had on this machine as it is. The message is one line and says how to get it. */
export class BackendMissing extends Error {
  /** @param how one line, such as `apt-get install softhsm2` in a sentence */
  constructor(how: string) {
    super(how)
    this.name = 'BackendMissing'
  }
}
