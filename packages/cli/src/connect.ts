// Loaded where a client is made and not before. An `import()` of the entry itself would bring all
// that it exports; what stands here alone is bundled.
export { SkahaClient } from 'skaha';
