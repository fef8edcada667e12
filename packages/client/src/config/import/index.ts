export type { ImportTools } from './found.js';
export {
  type ImportOptions,
  type ImportReport,
  importConfiguration,
  pythonFiles,
} from './import.js';
export type { ImportItem } from './merge.js';
export { type PythonFile, readPythonFile } from './python-file.js';
