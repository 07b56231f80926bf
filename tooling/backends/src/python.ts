import { join } from 'node:path'
import { BackendMissing } from './backend.ts'
import { installSystemPackages, mayInstallSystemPackages } from './debian-packages.ts'
import { runTool, toolWorks } from './run-tool.ts'

// ensurepip is what Debian moves to a package of its own.
const probe = 'import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 11) else 1)'
const wanted = 'needs Python 3.11 or later with venv (Debian: apt-get install python3-venv)'

/** How to get a Python that can make environments; undefined where there is one, or may be installed. */
export async function missingPython(): Promise<string | undefined> {
  return mayInstallSystemPackages() || (await toolWorks('python3', ['-c', probe])) ? undefined : wanted
}

/**
 * Makes a virtual environment and installs into it what a requirements file lists with its digests, as wheels.
 *
 * @param folder of the environment, new
 * @param requirements absolute path of the file
 * @returns the folder of its commands
 * @throws BackendMissing where there is no Python
 */
export async function pythonEnvironment(
  folder: string,
  requirements: string,
  say: (line: string) => void,
): Promise<string> {
  const missing = await missingPython()
  if (missing !== undefined) throw new BackendMissing(missing)
  if (!(await toolWorks('python3', ['-c', probe]))) {
    await installSystemPackages(['python3-venv'], say)
    if (!(await toolWorks('python3', ['-c', probe]))) throw new BackendMissing(wanted)
  }
  await runTool('python3', ['-m', 'venv', folder])
  const bin = join(folder, process.platform === 'win32' ? 'Scripts' : 'bin')
  const flags = ['--no-deps', '--require-hashes', '--only-binary', ':all:', '--no-input']
  const quiet = ['--quiet', '--disable-pip-version-check']
  await runTool(join(bin, 'python3'), ['-m', 'pip', 'install', ...flags, ...quiet, '-r', requirements])
  return bin
}
