import { randomUUID } from 'node:crypto'
import { loopbackCertificate } from '../azure-key-vault/certificate.ts'
import { CallLog } from '../call-log.ts'
import type { Emulator, EmulatorOptions } from '../emulator.ts'
import { Faults, type ServiceFault } from '../faults.ts'
import { Grants } from '../grants.ts'
import { type HttpAnswer, type HttpRequest, startHttpService } from '../http-service.ts'
import { keyFolder } from '../key-folder.ts'
import { parsePolicy } from './policy-text.ts'
import { refusal, success, VaultRefusal } from './vault-answers.ts'
import { faultAnswer, inState, type VaultHealth } from './vault-conditions.ts'
import { requestOf } from './vault-request.ts'
import { answerVault, type VaultState } from './vault-routes.ts'
import { issueToken, policyName } from './vault-tokens.ts'

/** How the stand-in for Vault is started. */
export interface VaultTransitEmulatorOptions extends EmulatorOptions {
  /**
   * Whether it speaks HTTPS, with a certificate of its own for the loopback; `mutual`: and answers nobody who does not
   * show {@link VaultTransitEmulator.clientCertificate}. Default: false.
   */
  readonly tls?: boolean | 'mutual' | undefined
  /** The token that may do everything. Default: `root`, as in Vault's own development mode. */
  readonly rootToken?: string | undefined
  /** Whether it passes over associated data in silence, as Vault before 1.13. */
  readonly dropsAssociatedData?: boolean | undefined
}

/** A stand-in for Vault with its transit engine. */
export interface VaultTransitEmulator extends Emulator {
  readonly rootToken: string
  /** Its certificate in PEM, which a client has to be told to trust; undefined without TLS. */
  readonly certificate: string | undefined
  /** What a client has to show, in PEM; undefined where it asks for none. */
  readonly clientCertificate: { readonly cert: string; readonly key: string } | undefined
  /** What it says of itself, and to everybody. Default: `active`. */
  health: VaultHealth
  /**
   * Gives a token of the principal `user` in the root namespace.
   *
   * @param policies texts in HCL, beside the `default` policy; one with members that are not weighed here is refused
   */
  readonly issueToken: (...policies: readonly string[]) => Promise<string>
  /** Revokes every token but the root's. */
  readonly forgetTokens: () => void
}

/** Longest request that Vault reads, 32 MiB. */
const maxBodyBytes = 33_554_432

/**
 * Starts a stand-in for Vault's transit engine: keys, encrypt, decrypt, rewrap, datakey and random with batches, several
 * mounts and namespaces, tokens with policies, AppRole and Kubernetes logins; OpenBao's soft delete. It is mounted at
 * `transit/` in the root namespace; `sys/mounts/PATH` makes further ones. Calls are logged as capability and path, such
 * as `update transit/encrypt/orders`, and their key as `transit/keys/orders`, with the namespace before it.
 */
export async function vaultTransitEmulator(
  options: VaultTransitEmulatorOptions = {},
): Promise<VaultTransitEmulator> {
  const { rootToken = 'root', now = () => new Date(), dropsAssociatedData = false } = options
  const [faults, calls, grants] = [new Faults(), new CallLog(), new Grants()]
  const kept = keyFolder<VaultState>(options.folder, 'vault-transit')
  const state = kept.load() ?? newState(rootToken, now())
  const own = options.tls === true || options.tls === 'mutual' ? loopbackCertificate(now()) : undefined
  const client = options.tls === 'mutual' ? loopbackCertificate(now()) : undefined
  let health: VaultHealth = { state: 'active' }

  const answerUndated = (request: HttpRequest, fault: ServiceFault | undefined): HttpAnswer => {
    const asked = requestOf(request, state)
    try {
      const early = inState(health, asked.path, request.url) ?? faultAnswer(fault, asked, request)
      if (early !== undefined) return early
      const outcome = answerVault(state, asked, { grants, fault, dropsAssociatedData, now: now() })
      if (asked.operation !== 'read' && asked.operation !== 'list') kept.save(state)
      return success(outcome)
    } catch (error) {
      if (error instanceof VaultRefusal) return refusal(error)
      throw error
    }
  }

  // Vault dates every answer, refusals too.
  const answer = (request: HttpRequest, fault: ServiceFault | undefined): HttpAnswer => {
    const undated = answerUndated(request, fault)
    return { ...undated, headers: [...undated.headers, ['Date', now().toUTCString()]] }
  }

  const service = await startHttpService({
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    tls: own && { ...own, ca: client?.cert, requestCert: client !== undefined },
    faults,
    calls,
    maxBodyBytes,
    tooLarge: () => refusal(new VaultRefusal(413, 'http: request body too large')),
    identify: (request) => requestOf(request, state).call,
    answer: (request, _call, fault) => answer(request, fault),
  })
  return {
    name: 'vault-transit',
    url: service.url,
    environment: { VAULT_ADDR: service.url, VAULT_TOKEN: rootToken },
    faults,
    calls,
    grants,
    rootToken,
    certificate: own?.cert,
    clientCertificate: client,
    get health() {
      return health
    },
    set health(next) {
      health = next
    },
    issueToken: async (...policies) => {
      for (const policy of policies) parsePolicy(policy)
      const names = policies.map((policy) => {
        const name = `policy-${randomUUID()}`
        state.auth.policies[policyName('', name)] = policy
        return name
      })
      const grant = { policies: ['default', ...names], ttlSeconds: 0, maxTtlSeconds: 0, renewable: true }
      const { token } = issueToken(state.auth, '', 'user', grant, now().getTime())
      kept.save(state)
      return token
    },
    forgetTokens: () => {
      for (const token of Object.keys(state.auth.tokens)) {
        if (token !== rootToken) delete state.auth.tokens[token]
      }
      kept.save(state)
    },
    close: service.close,
  }
}

function newState(rootToken: string, now: Date): VaultState {
  return {
    engines: { ':transit': { keys: {}, disableUpsert: false } },
    auth: {
      tokens: {
        [rootToken]: {
          accessor: 'root-accessor',
          displayName: 'root',
          policies: ['root'],
          namespace: '',
          renewable: false,
          expiresAt: undefined,
          ttlSeconds: 0,
          lastsUntil: undefined,
          createdAt: now.getTime(),
        },
      },
      policies: {},
      appRoles: {},
      kubernetesRoles: {},
    },
  }
}
