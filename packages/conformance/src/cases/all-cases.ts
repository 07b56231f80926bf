import type { ConformanceCase } from '../conformance-case.ts'
import { answerCases } from './answers.ts'
import { bindingCases } from './binding.ts'
import { cancellationCases } from './cancellation.ts'
import { capabilityCases } from './capabilities.ts'
import { concurrencyCases } from './concurrency.ts'
import { copyCases } from './copies.ts'
import { envelopeCases } from './envelope.ts'
import { errorCases } from './errors.ts'
import { generationCases } from './generation.ts'
import { keyStateCases } from './key-state.ts'
import { keyUriCases } from './key-uris.ts'
import { lifetimeCases } from './lifetime.ts'
import { roundTripCases } from './round-trip.ts'
import { secrecyCases } from './secrecy.ts'
import { serverSideRewrapCases } from './server-side-rewrap.ts'
import { tamperingCases } from './tampering.ts'
import { versionCases } from './versions.ts'
import { wrongKeyCases } from './wrong-key.ts'

/** Every case of the suite, theme by theme. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...capabilityCases,
  ...keyUriCases,
  ...roundTripCases,
  ...bindingCases,
  ...wrongKeyCases,
  ...tamperingCases,
  ...answerCases,
  ...versionCases,
  ...keyStateCases,
  ...generationCases,
  ...serverSideRewrapCases,
  ...concurrencyCases,
  ...cancellationCases,
  ...copyCases,
  ...lifetimeCases,
  ...errorCases,
  ...secrecyCases,
  ...envelopeCases,
]
