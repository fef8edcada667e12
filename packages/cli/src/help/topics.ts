/** Something that `skaha help` explains besides commands. */
export interface HelpTopic {
  name: string;
  /** One line for lists, without a closing dot. */
  summary: string;
}

/** The topics of `skaha help TOPIC`. A topic comes before a group of commands of its name. */
export const helpTopics: readonly HelpTopic[] = [
  { name: 'config', summary: 'the configuration file, contexts, and what takes precedence' },
  { name: 'environment', summary: 'the environment variables that skaha reads' },
  { name: 'exit-codes', summary: 'what each exit status means' },
  { name: 'formatting', summary: 'output formats, fields, filters and colours' },
  { name: 'batches', summary: 'many sessions at once, and how to resume them' },
];
