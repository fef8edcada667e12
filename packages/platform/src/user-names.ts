/** User names become directories, labels and parts of job names. */
export const userNamePattern = /^[a-z](?:[a-z0-9_-]{0,30}[a-z0-9])?$/;
