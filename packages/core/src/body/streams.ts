import { TransformStream } from 'node:stream/web'
