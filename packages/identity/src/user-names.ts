/** User names are used for directories, labels and names of jobs. */
export const userNamePattern = /^[a-z](?:[a-z0-9_-]{0,30}[a-z0-9])?$/;
