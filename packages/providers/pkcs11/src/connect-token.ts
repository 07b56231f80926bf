import { type KekDriver, KeywrightError } from '@keywright/core/provider'
import { acquireModule, type ModuleOptions, releaseModule } from './module.ts'
import { choosePin } from './pin.ts'
import { pkcs11Driver } from './pkcs11-driver.ts'
import type { Pkcs11Options } from './pkcs11-options.ts'
import { Token } from './token.ts'

/** Loads the module, finds the token and logs in, or joins those who have; the driver's close undoes it. */
export async function connectToken(options: Pkcs11Options): Promise<KekDriver> {
  const readPin = choosePin(options)
  const module = await acquireModule(moduleOptions(options))
  try {
    const token = await Token.acquire(module, { ...options, readPin })
    try {
      return await pkcs11Driver(token, options, async () => {
        await token.release()
        await releaseModule(module)
      })
    } catch (error) {
      await token.release()
      throw error
    }
  } catch (error) {
    await releaseModule(module)
    throw error
  }
}

function moduleOptions(options: Pkcs11Options): ModuleOptions {
  const { client, worker = 'start-up', initializeParameters: parameters } = options
  const path = options.modulePath ?? process.env['KEYWRIGHT_PKCS11_MODULE'] ?? ''
  // A bare name would be searched for in places that others may write to.
  if (client === undefined && !/^(\/|[A-Za-z]:[\\/])/.test(path)) {
    const message =
      'modulePath, module-path or KEYWRIGHT_PKCS11_MODULE is the absolute path of a PKCS#11 module'
    throw new KeywrightError('configuration', message, { field: 'modulePath' })
  }
  return { path, parameters, worker, client }
}
