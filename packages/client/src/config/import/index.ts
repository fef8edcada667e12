export {
  type ImportOptions,
  type ImportReport,
  importConfiguration,
  pythonFiles,
} from './import.js';
export type { ImportItem } from './merge.js';
export { readPythonFile } from './python-file.js';
