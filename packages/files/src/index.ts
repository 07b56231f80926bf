export type { FileProgress, ProgressOptions } from './body-runs.ts'
export { type OpenedFile, type OpenFileOptions, openFile } from './open-file.ts'
export { type SealedFile, type SealFileOptions, sealFile } from './seal-file.ts'
export { isWorkFolder } from './work-folder.ts'
